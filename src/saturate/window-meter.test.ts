import { expect, it } from "vitest";
import { WindowMeter } from "./window-meter.ts";

const window = { fromUs: 1_000_000, toUs: 1_800_000 };

it("counts replies that came within the window, by the eighth that they came in", () => {
  const meter = new WindowMeter(window);
  meter.replied(999_999, 50_000, "ok", null);
  meter.replied(1_000_000, 50_000, "ok", null);
  meter.replied(1_799_999, 30_000, "ok", null);
  meter.replied(1_800_000, 30_000, "ok", null);
  meter.replied(1_400_000, 1_000, "rejected", "status:429");
  meter.failed(1_500_000, "connection:ECONNRESET");
  meter.failed(1_900_000, "connection:ECONNRESET");
  const { ok, rejected, failed, errors, slices } = meter.measured(0);
  expect({ ok, rejected, failed }).toEqual({ ok: 2, rejected: 1, failed: 1 });
  expect(errors).toEqual({ "status:429": 1, "connection:ECONNRESET": 1 });
  expect(slices).toHaveLength(8);
  expect([slices[0], slices[7]]).toEqual([
    { ok: 1, okUs: 50_000 },
    { ok: 1, okUs: 30_000 },
  ]);
});

it("accounts for exactly one request under way per busy connection, whatever the window cuts through", () => {
  const meter = new WindowMeter(window);
  for (let doneUs = 950_000; doneUs < 1_900_000; doneUs += 70_000) meter.replied(doneUs, 70_000, "ok", null);
  expect(meter.measured(0).residenceUs).toBe(800_000);
});

it("accounts for what is still under way at the end, and for nothing of it that lies outside", () => {
  const meter = new WindowMeter(window);
  meter.underWay(1_700_000, 5_000_000);
  meter.underWay(0, 900_000);
  expect(meter.measured(0).residenceUs).toBe(100_000);
});
