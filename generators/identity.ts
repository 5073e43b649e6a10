import { draws, permute } from "./draw.ts";

/** Weights of the first 17 digits (GB 11643-1999, section 4.3, after ISO 7064 MOD 11-2: 2^(18 - position) mod 11). */
const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const checkDigits = "10X98765432";

/** The 18th character of a citizen's identity number: 0 to 9 or X. `body` is its first 17 digits. */
export function checkDigit(body: string): string {
  let sum = 0;
  for (let at = 0; at < weights.length; at++) sum += (body.charCodeAt(at) - zero) * (weights[at] ?? 0);
  return checkDigits.charAt(sum % 11);
}

const zero = "0".charCodeAt(0);

/** Region 000000 is assigned to nowhere, so that no number of ours can belong to anyone. */
const region = "000000";
const dayMs = 86_400_000;
const firstBirth = Date.UTC(1940, 0, 1);
/** Days from 1940 to 2019, as `YYYYMMDD`. */
const birthDays = Array.from({ length: (Date.UTC(2020, 0, 1) - firstBirth) / dayMs }, (_, day) =>
  new Date(firstBirth + day * dayMs).toISOString().slice(0, 10).replaceAll("-", ""),
);
/** Three digits that tell apart people of one region and birthday. */
const sequences = 1_000;

/** How many identity numbers there are: about 29 million. Within that many indexes of one seed no two are the same. */
export const identityCount = birthDays.length * sequences;

/** An identity number of 18 characters with a valid check digit, for the member `index` of a seed's population. */
export function identityNumber(seed: number, index: number): string {
  const slot = permute(seed, draws.identity, identityCount, index);
  const birthday = birthDays[slot % birthDays.length] ?? "";
  const sequence = String(Math.floor(slot / birthDays.length)).padStart(3, "0");
  const body = `${region}${birthday}${sequence}`;
  return body + checkDigit(body);
}

/** `YYYY-MM-DD` out of an identity number. */
export function birthDateOf(idNumber: string): string {
  return `${idNumber.slice(6, 10)}-${idNumber.slice(10, 12)}-${idNumber.slice(12, 14)}`;
}
