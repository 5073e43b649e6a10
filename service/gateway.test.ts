import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { burstOf } from "./bucket.ts";
import { Gate, leaseEveryMs, Ledger } from "./gateway.ts";

const idleMs = 100;

/** Drives gates with a steady demand per worker on a fake clock of 1 ms, after an idle start; gives what each admitted. */
function drive(
  ratePerSec: number,
  demandPerSec: readonly number[],
  seconds: number,
  reportEveryMs = demandPerSec.map(() => leaseEveryMs),
) {
  const ledger = new Ledger(ratePerSec, 0);
  const gates = demandPerSec.map(() => new Gate());
  const admitted = demandPerSec.map(() => 0);
  const owed = demandPerSec.map(() => 0);
  for (let nowMs = 1; nowMs <= idleMs + seconds * 1_000; nowMs++) {
    for (const [worker, gate] of gates.entries()) {
      owed[worker] = (owed[worker] ?? 0) + (nowMs > idleMs ? (demandPerSec[worker] ?? 0) / 1_000 : 0);
      for (; (owed[worker] ?? 0) >= 1; owed[worker] = (owed[worker] ?? 0) - 1) {
        if (gate.admit()) admitted[worker] = (admitted[worker] ?? 0) + 1;
      }
      if ((nowMs + worker) % (reportEveryMs[worker] ?? leaseEveryMs) !== 0) continue;
      const { used, wanted } = gate.takeDemand();
      gate.lease(ledger.report(worker, used, wanted, nowMs));
    }
  }
  return admitted;
}
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("the gateway's limit", () => {
  it("admits the limit, and at most the burst besides, whatever the workers' shares of an excess demand", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 50, max: 2_000 }),
        fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 }),
        fc.double({ min: 1.2, max: 10, noNaN: true }),
        (limit, weights, excess) => {
          const demand = weights.map((weight) => (weight / sum(weights)) * limit * excess);
          const admitted = sum(drive(limit, demand, 10));
          expect(admitted).toBeGreaterThan(limit * 10 * 0.99);
          expect(admitted).toBeLessThanOrEqual(limit * 10 + burstOf(limit) + 1);
        },
      ),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it("refuses nobody below the limit, not even a worker that hardly anyone reaches", () => {
    const demand = [875, 2, 1];
    expect(drive(1_000, demand, 10)).toEqual([8_750, 20, 10]);
  });

  it.each([
    { demand: [3_000], reports: [400] },
    { demand: [3_000, 500], reports: [40, leaseEveryMs] },
    { demand: [3_000, 3_000], reports: [170, 160] },
  ])("loses nothing to workers whose loops are busy: reports every $reports ms", ({ demand, reports }) => {
    const admitted = sum(drive(1_000, demand, 10, reports)) - burstOf(1_000);
    expect(admitted / 10_000).toBeGreaterThan(0.98);
    expect(admitted / 10_000).toBeLessThan(1.02);
  });

  it("lets a burst through after a pause, and no more than that", () => {
    const ledger = new Ledger(1_000, 0);
    const gate = new Gate();
    gate.lease(ledger.report(1, 0, 0, 10));
    gate.lease(ledger.report(1, 0, 0, 60_000));
    let admitted = 0;
    for (let at = 0; at < 200; at++) if (gate.admit()) admitted += 1;
    expect(admitted).toBe(burstOf(1_000));
  });

  it("gives a gone worker's place in the demand to the others", () => {
    const ledger = new Ledger(1_000, 0);
    ledger.report(1, 0, 100, 10);
    ledger.report(2, 0, 100, 10);
    ledger.forget(1);
    expect(ledger.report(2, 0, 100, 210)).toBeGreaterThan(40);
  });
});
