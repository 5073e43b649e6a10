import { expect, it } from "vitest";
import { decideExit } from "./exit.ts";

it("lets the heavier reason win, in the order 1, 2, 4, 6, 5, 3, 130", () => {
  const reasons = [
    { code: 130 as const, reason: "Ctrl-C" },
    { code: 3 as const, reason: "budget" },
    { code: 5 as const, reason: "invalid" },
    { code: 4 as const, reason: "residue" },
  ];
  expect(decideExit(reasons)).toEqual({ exitCode: 4, exitReasons: ["residue", "invalid", "budget", "Ctrl-C"] });
  expect(decideExit([])).toEqual({ exitCode: 0, exitReasons: [] });
});
