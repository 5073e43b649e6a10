/** The generator tried for real. Here, since it needs the machine for itself: unit tests run side by side. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { calibrate } from "../src/calibration/calibrate.ts";
import { soloOperations } from "../src/calibration/trial-plan.ts";
import { loadScenario } from "../src/scenario/load.ts";
import { makePlan } from "../src/scenario/plan.ts";

const scenario = await loadScenario(join(fileURLToPath(new URL("..", import.meta.url)), "scenarios/health-code/mixed.ts"));
const plan = makePlan(scenario);

it.each([
  ["plain", plan],
  ["TLS", { ...plan, targets: ["https://health.example"] }],
])("a calibration finds a rate that the generator keeps, in some four seconds: %s", async (_, plan) => {
  const { operations } = soloOperations(plan, scenario.input, undefined);
  const beganMs = performance.now();
  const signal = new AbortController().signal;
  const { cleanRatePerSec, cpuUsPerRequest, measuredAt } = await calibrate({ plan, operations, setup: undefined, signal });
  expect(performance.now() - beganMs).toBeLessThan(8_000);
  expect(cleanRatePerSec).toBeGreaterThan(100);
  expect(cpuUsPerRequest).toBeGreaterThan(1);
  expect(Date.now() - Date.parse(measuredAt)).toBeLessThan(10_000);
});
