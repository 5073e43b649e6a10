import { expect, it } from "vitest";
import { show } from "./show.ts";

const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;

it.each([
  [undefined, "nothing"],
  [null, "null"],
  ["text\n", '"text\\n"'],
  [Number.NaN, "NaN"],
  [1n, "1"],
  [() => 1, "a function"],
  [Promise.resolve(), "a promise"],
  [{ a: [1] }, '{"a":[1]}'],
  [cycle, "an object"],
  [[1n], "an array"],
  [/x/, "/x/"],
  ["x".repeat(80), `"${"x".repeat(59)}...`],
  ["http://user:secret@host/", '"http://***@host/"'],
])("shows %s in one line", (value, text) => {
  expect(show(value)).toBe(text);
});
