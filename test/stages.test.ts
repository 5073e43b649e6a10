/** A course of ramps and holds as the target sees it: the rate follows it without a pause. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Folder, peakproof } from "./cli.ts";
import { runAndRead, talliedIn } from "./read-run.ts";
import { startTarget } from "./target.ts";

const evening = fileURLToPath(new URL("./scenarios/evening.ts", import.meta.url));

/** Expected arrivals from the start to a second of the evening: the integral of its rate. */
function expectedBy(second: number): number {
  const ramp = (from: number, to: number, length: number, at: number): number =>
    from * at + ((to - from) / length) * (at ** 2 / 2);
  const within = (start: number, length: number): number => Math.min(length, Math.max(0, second - start));
  return 50 * within(0, 2) + ramp(50, 400, 3, within(2, 3)) + 400 * within(5, 2) + ramp(400, 0, 2, within(7, 2));
}

describe("stages", () => {
  it("bring the rate that they say to the target, without a pause, and are judged where they hold", async () => {
    using folder = new Folder();
    await using target = await startTarget((_visit, reply) => setTimeout(() => reply.end("open"), 40));
    const { code, record, summary, report } = await runAndRead(folder, evening, `--target ${target.origin}`);
    expect(code, summary.exitReasons.join()).toBe(0);
    const steps = record.run.steps;
    expect(steps.map(({ role, multiple }) => `${role} ${multiple}x`)).toEqual(["step 0.5x", "ramp 4x", "step 4x", "ramp 0x"]);
    expect(steps.slice(1).map(({ startUs }) => startUs)).toEqual(steps.slice(0, -1).map(({ endUs }) => endUs));
    const sums = steps.map((_step, at) => talliedIn(record, at));
    expect(sums.reduce((sum, { sent }) => sum + sent, 0)).toBe(target.visits.length);
    expect(sums.map(({ due, ok }) => due - ok)).toEqual([0, 0, 0, 0]);

    // The target's clock is not the run's: they are laid on one another where the middle arrival should be.
    const times = target.visits.map(({ atMs }) => atMs / 1_000).toSorted((a, b) => a - b);
    const offset = offsetOf(times, times.length);
    const countBy = (second: number): number => times.filter((time) => time - offset < second).length;
    expect(Math.abs(times.length - expectedBy(9))).toBeLessThan(4 * Math.sqrt(expectedBy(9)));
    for (let second = 0.5; second < 9; second += 0.5) {
      const expected = expectedBy(second + 0.5) - expectedBy(second);
      const count = countBy(second + 0.5) - countBy(second);
      expect(Math.abs(count - expected), `${count} from ${second} s, not ${expected}`).toBeLessThan(4 * Math.sqrt(expected) + 6);
    }
    // Held at 400/s, arrivals 100 ms apart would be an accident of e^-40.
    const held = times.filter((time) => time - offset > 4.5 && time - offset < 7.5);
    expect(Math.max(...held.slice(1).map((time, at) => time - held[at]!))).toBeLessThan(0.1);

    expect(summary.steps.map(({ role, multiple }) => `${role} ${multiple}x`)).toEqual(["step 0.5x", "step 4x"]);
    expect(new Set(summary.budgets.map(({ multiple }) => multiple))).toEqual(new Set([0.5, 4]));
    expect(record.events.filter(({ event }) => event === "drained")).toHaveLength(1);
    expect(report).toContain("ramp");
  });

  it("are gone through by journeys, which are cut at the end of the last one only", async () => {
    using folder = new Folder();
    await using target = await startTarget((_visit, reply) => reply.end("open"));
    const path = folder.file(
      "shopping.ts",
      `import { defineScenario } from "peakproof";
       import evening from ${JSON.stringify(evening)};
       const load = { peak: { ratePerSec: 40 }, stages: ["1s", "1s", "2s"].map((hold) => ({ multiple: 1, hold })) };
       const steps = [{ operation: "open" }, { operation: "open", think: "1500ms" }];
       export default defineScenario({ ...evening, load, operations: { open: { ...evening.operations.open, weight: 0 } }, journeys: { look: { weight: 1, steps } } });`,
    );
    const { code, record, summary } = await runAndRead(folder, path, `--target ${target.origin}`);
    expect(code, summary.exitReasons.join()).toBe(0);
    const sums = [0, 1, 2].map((at) => talliedIn(record, at));
    expect(sums.reduce((sum, { sent }) => sum + sent, 0)).toBe(target.visits.length);
    const journeys = sums.map((tally) => tally.journeys!["look"]!);
    // Nobody has thought for long enough within the first second; those who came in its first half have in the next one.
    expect(journeys[0]).toEqual({ started: 0, completed: 0, broken: 0, cut: 0 });
    expect(journeys[1]!.completed).toBeGreaterThan(0);
    expect(journeys.map(({ broken, cut }) => [broken, cut > 0])).toEqual([
      [0, false],
      [0, false],
      [0, true],
    ]);
    const requests = journeys.reduce((sum, { completed, cut }) => sum + 2 * completed + cut, 0);
    expect(requests).toBe(target.visits.length);
  });

  it("are said by --plan, and nothing is sent", async () => {
    const { code, stdout } = await peakproof("run", evening, "--plan");
    expect(code).toBe(0);
    expect(stdout).toMatch(/ramp +0\.5x to 4x +50 to 400\/s +3 s +\d+/);
    expect(stdout).toMatch(/ramp +4x to 0x +400 to 0\/s +2 s +\d+/);
    expect(stdout).toContain("Nothing was sent");
  });
});

/** By how much the times have to be moved so that the middle one lies where half of all arrivals are expected, seconds. */
function offsetOf(times: readonly number[], total: number): number {
  const half = total >> 1;
  let at = 0;
  while (expectedBy(at) / expectedBy(9) < half / total) at += 0.001;
  return times[half]! - at;
}
