/** A slow target is not the generator's fault, and a starved generator is not the target's. `npm run lab:validity` tries twenty of each. */
import { describe, expect, it } from "vitest";
import type { RunFile } from "../src/model/run.ts";
import type { Summary } from "../src/model/summary.ts";
import { runCase, whyNotStaged } from "../lab/validity-case-run.ts";
import { validityCases, type ValidityCase } from "../lab/validity-cases.ts";
import { judgeCase } from "../lab/validity-verdict.ts";
import { startThreadServer } from "./thread-server.ts";
import { Folder, start, summaryOf } from "./cli.ts";

const named = (name: string): ValidityCase => validityCases.find((one) => one.name === name)!;

/** Runs a case without what another one left, and fails with what was said where it was not judged rightly. */
async function judged(one: ValidityCase): Promise<Summary> {
  using folder = new Folder();
  const summary = await runCase(one, folder.path);
  const { isRight, said } = judgeCase(one, summary);
  expect(isRight, said).toBe(true);
  return summary;
}

describe("a throttled generator", () => {
  // Of a core shared with 8 loops it gets 11 %, and needs 20 % and more for 1x; descriptors are enough for 1x, and not for 10x.
  const enoughForBase = {
    validity: { grade: "lower-bound" },
    capacity: { holdsRatePerSec: 40, breaksRatePerSec: null, lowerBound: true },
  };
  for (const [name, expected] of [
    [
      "generator beside 8 busy loops, 10000/s",
      { validity: { grade: "invalid" }, capacity: { holdsRatePerSec: null, breaksRatePerSec: null } },
    ],
    ["generator with 100 descriptors", enoughForBase],
  ] as const) {
    const because = whyNotStaged(named(name).shortage);
    it.skipIf(because !== null)(
      `is named, and no answer is given for the target: ${name}${because === null ? "" : ` (${because})`}`,
      async () => {
        expect(await judged(named(name))).toMatchObject({ exitCode: 5, ...expected });
      },
    );
  }
});

describe("a throttled target", () => {
  for (const name of ["quota of 200/s, asked for 100/s x 5"]) {
    const because = whyNotStaged(null);
    it.skipIf(because !== null)(`leaves the run valid: ${name}${because === null ? "" : ` (${because})`}`, async () => {
      const { answer, exitCode, validity } = await judged(named(name));
      expect(validity).toEqual({ grade: "valid", reasons: [] });
      expect(answer).toMatchObject({ holdsMultiple: 1, breaksAt: 5 });
      expect(exitCode).toBe(3);
    });
  }
});

describe("the calibration of a run", () => {
  const scenario = (folder: Folder, port: number): string =>
    folder.file(
      "quick.ts",
      `import { defineScenario } from "peakproof";
       import { citizens } from "peakproof/generators";
       export default defineScenario({
         name: "quick",
         target: "http://127.0.0.1:${port}",
         load: { peak: { ratePerSec: 50 }, multiples: [1], hold: "1s", warmup: "0s" },
         users: citizens({ pool: 100 }),
         operations: { get: { kind: "read", weight: 1, request: () => ({ path: "/0" }) } },
       });`,
    );
  const runs = async (folder: Folder, port: number, ...flags: readonly string[]): Promise<{ stderr: string; run: RunFile }> => {
    const env = { PEAKPROOF_CALIBRATION: "on", XDG_CACHE_HOME: folder.path };
    const ended = await start(["run", scenario(folder, port), "--out", folder.runs, "--json", "--quiet", ...flags], { env })
      .ended;
    summaryOf(ended);
    const run = folder.runFile;
    folder.forget();
    return { stderr: ended.stderr, run };
  };

  it("is made once, remembered, and left out where nobody wants it", async () => {
    await using server = await startThreadServer();
    using folder = new Folder();
    const first = await runs(folder, server.port);
    expect(first.stderr).toContain("calibrating the generator");
    expect(first.run.calibration?.cleanRatePerSec).toBeGreaterThan(50);
    const again = await runs(folder, server.port);
    expect(again.stderr).not.toContain("calibrating the generator");
    expect(again.run.calibration).toEqual(first.run.calibration);
    expect((await runs(folder, server.port, "--no-calibration")).run.calibration).toBeUndefined();
  });

  it("never fails a run: where it cannot be remembered, it is made all the same", async () => {
    await using server = await startThreadServer();
    using folder = new Folder();
    folder.file("peakproof", "a file where the folder should be");
    const { stderr, run } = await runs(folder, server.port);
    expect(stderr).toContain("the calibration cannot be remembered");
    expect(run.calibration).toBeDefined();
    expect(run.ended?.how).toBe("finished");
  });
});
