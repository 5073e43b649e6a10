/** A course of ramps and holds as the target sees it: the rate follows it without a pause. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startService } from "../service/index.ts";
import { Folder, peakproof, start, until } from "./cli.ts";
import { runAndRead, talliedIn } from "./read-run.ts";
import { startTarget } from "./target.ts";

const evening = fileURLToPath(new URL("./scenarios/evening.ts", import.meta.url));
const everyday = fileURLToPath(new URL("./scenarios/everyday.ts", import.meta.url));

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

  it("are said by --plan, and nothing is sent", async () => {
    const { code, stdout } = await peakproof("run", evening, "--plan");
    expect(code).toBe(0);
    expect(stdout).toMatch(/ramp +0\.5x to 4x +50 to 400\/s +3 s +\d+/);
    expect(stdout).toMatch(/ramp +4x to 0x +400 to 0\/s +2 s +\d+/);
    expect(stdout).toContain("Nothing was sent");
  });

  it("end at Ctrl-C in the middle of a ramp, and what was written is removed", async () => {
    using folder = new Folder();
    const service = await startService({ port: 0, adminPort: 0 });
    try {
      const path = folder.file(
        "rising.ts",
        `import { defineScenario } from "peakproof";
         import everyday from ${JSON.stringify(everyday)};
         const load = { peak: { ratePerSec: 50 }, stages: [{ multiple: 1, hold: "1s" }, { multiple: 3, ramp: "60s", hold: "60s" }] };
         export default defineScenario({ ...everyday, load, budgets: [] });`,
      );
      const where = `--target ${service.url} --admin ${service.adminUrl} --out ${folder.runs}`;
      const { child, ended } = start(`run ${path} ${where} --no-calibration`.split(" "));
      await until(() => folder.hasBegun(1));
      child.kill("SIGINT");
      expect((await ended).code).toBe(130);
      expect(folder.runFile.ended).toMatchObject({ how: "interrupted" });
      expect(folder.runFile.steps.map(({ startUs }) => startUs !== null)).toEqual([true, true, false]);
      expect(folder.cleanupFile.entries.at(-1)).toMatchObject({ residue: 0, verified: true });
    } finally {
      await service.stop();
    }
  });
});

/** By how much the times have to be moved so that the middle one lies where half of all arrivals are expected, seconds. */
function offsetOf(times: readonly number[], total: number): number {
  const half = total >> 1;
  let at = 0;
  while (expectedBy(at) / expectedBy(9) < half / total) at += 0.001;
  return times[half]! - at;
}
