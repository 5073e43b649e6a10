import { expect, it } from "vitest";
import { stepName, stepNames } from "./step-names.ts";

const step = (multiple: number) => ({ role: "step", multiple }) as const;

it("tells steps of one multiple apart by their number", () => {
  const steps = [{ role: "ramp", multiple: 3 } as const, step(3), step(1), step(3), step(3)];
  expect([...stepNames(steps).values()]).toEqual(["ramp to 3x", "3x", "1x", "3x (2nd)", "3x (3rd)"]);
});

it("counts as English does", () => {
  const names = [...stepNames(Array.from({ length: 22 }, () => step(1))).values()];
  expect([names[10], names[20], names[21]]).toEqual(["1x (11th)", "1x (21st)", "1x (22nd)"]);
});

it("knows each role", () => {
  expect(stepName({ role: "warmup", multiple: 5 })).toBe("warm-up");
  expect(stepName({ role: "repeat", multiple: 1 })).toBe("1x again");
});
