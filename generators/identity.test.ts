import fc from "fast-check";
import { expect, it } from "vitest";
import { birthDateOf, checkDigit, identityCount, identityNumber } from "./identity.ts";

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const indexes = fc.integer({ min: 0, max: 99_999_999 });

/** ISO 7064 MOD 11-2 by its definition: the weighted sum of all 18 characters is 1 modulo 11. */
function isValid(number: string): boolean {
  const values = number.split("").map((character) => (character === "X" ? 10 : Number(character)));
  const sum = values.reduce((total, value, at) => total + value * (2 ** (17 - at) % 11), 0);
  return sum % 11 === 1;
}

it("gives the check characters of the standard's own examples", () => {
  expect(checkDigit("11010519491231002")).toBe("X");
  expect(checkDigit("44052418800101001")).toBe("4");
});

it("makes 18 characters in region 000000 whose check digit holds by definition", () => {
  fc.assert(
    fc.property(seeds, indexes, (seed, index) => {
      const number = identityNumber(seed, index);
      expect(number).toMatch(/^000000(19[4-9]|20[01])\d{8}[\dX]$/);
      expect(isValid(number)).toBe(true);
    }),
  );
});

it("carries a birthday that the calendar has", () => {
  fc.assert(
    fc.property(seeds, indexes, (seed, index) => {
      const birthDate = birthDateOf(identityNumber(seed, index));
      expect(new Date(birthDate).toISOString().slice(0, 10)).toBe(birthDate);
    }),
  );
});

it("gives no two people of one seed the same number", () => {
  for (const seed of [0, 1, 0xffff_ffff]) {
    const numbers = new Set(Array.from({ length: 100_000 }, (_, index) => identityNumber(seed, index)));
    expect(numbers.size).toBe(100_000);
  }
});

it("repeats itself only after all 29 million numbers are used", () => {
  expect(identityCount).toBe(29_220_000);
  fc.assert(
    fc.property(
      seeds,
      fc.integer({ min: 0, max: identityCount - 1 }),
      fc.integer({ min: 0, max: identityCount - 1 }),
      (seed, a, b) => {
        expect(identityNumber(seed, a) === identityNumber(seed, b)).toBe(a === b);
      },
    ),
  );
});
