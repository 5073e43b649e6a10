import { isIP } from "node:net";
import { parseDurationUs } from "../model/units.ts";

/** Predicates of which the fields of a scenario are made. Each takes whatever came. */
export type Accepts = (value: unknown) => boolean;

/** A finite number that passes. */
export const number =
  (test: (value: number) => boolean): Accepts =>
  (value) =>
    typeof value === "number" && Number.isFinite(value) && test(value);

/** A whole number within bounds, both included. */
export const integer = (low: number, high: number): Accepts =>
  number((value) => Number.isInteger(value) && value >= low && value <= high);

/** A text that passes. */
export const text =
  (test: (value: string) => boolean): Accepts =>
  (value) =>
    typeof value === "string" && test(value);

/** One of a few texts. */
export const oneOf = (...choices: readonly string[]): Accepts => text((value) => choices.includes(value));

/** A list of at most `limit` entries that all pass. */
export const list =
  (test: Accepts, limit: number): Accepts =>
  (value) =>
    Array.isArray(value) && value.length <= limit && value.every(test);

/** A list with at least one entry, and none twice. */
export const distinct =
  (test: Accepts, limit: number): Accepts =>
  (value) =>
    list(test, limit)(value) && Array.isArray(value) && value.length > 0 && new Set(value).size === value.length;

/** A duration within bounds, microseconds. */
export const durationUs = (low: number, high: number): Accepts =>
  text((value) => {
    const us = parseDurationUs(value);
    return us !== undefined && us >= low && us <= high;
  });

export const isBoolean: Accepts = (value) => typeof value === "boolean";

export const isFunction: Accepts = (value) => typeof value === "function";

/** Text that shows something, in one line. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
export const isPlain = (value: string): boolean => value.trim() !== "" && !/[\u0000-\u001f\u007f]/.test(value);

export const isPath = (value: string): boolean => /^\/(?![/\\])[\u0021-\u007e]*$/.test(value);

/** `http://host:port` or `https://host:port`, with nothing after it. */
export function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(value);
  return (protocol === "http:" || protocol === "https:") && username + password + search + hash === "" && pathname === "/";
}

/** An IP address, an IPv6 one with or without its brackets. */
export const isAddress = (value: string): boolean => isIP(value.replace(/^\[(.*)\]$/, "$1")) !== 0;

/** `host:port`, the way an address stands in a URL. */
export function isHostAndPort(value: string): boolean {
  const port = Number(/^(?:[\w.-]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(value)?.[1]);
  return port >= 1 && port <= 65_535 && URL.canParse(`http://${value}/`);
}

/** A name as DNS has it, which is what a certificate and SNI speak of (RFC 6066, section 3: no addresses). */
export function isHostName(value: string): boolean {
  return value.length <= 253 && !isAddress(value) && value.split(".").every((label) => /^\w(?:[\w-]{0,61}\w)?$/.test(label));
}
