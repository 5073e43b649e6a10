import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { exampleRun } from "../cleanup/example-run.ts";
import { good } from "../src/scenario/good-scenario.fixture.ts";
import { loadScenario } from "../src/scenario/load.ts";
import { scenarioOfRecord } from "./recorded-scenario.ts";

const text = `import { good } from ${JSON.stringify(new URL("../src/scenario/good-scenario.fixture.ts", import.meta.url).href)}; export default good;\n`;
const home = process.cwd();
let folder: string;
let run: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "peakproof-recorded-")));
  run = join(folder, "work", "runs", "r");
  mkdirSync(join(run, "canary", "1"), { recursive: true });
  for (const path of ["outside.ts", "work/mine.ts", "work/runs/r/own.ts"]) writeFileSync(join(folder, path), text);
  writeFileSync(join(folder, "work", "changed.ts"), `${text}// changed\n`);
  symlinkSync(join(run, "own.ts"), join(folder, "work", "link.ts"));
  process.chdir(join(folder, "work"));
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

/** The record of a run of a scenario, which names another path. */
async function recordOf(path: string) {
  const { hash } = await loadScenario(join(folder, "work", "mine.ts"));
  return exampleRun({ plan: { scenario: { name: good.name, path: join(folder, path), hash } } });
}

it("loads what ran where that lies below the working folder", async () => {
  expect(await scenarioOfRecord(await recordOf("work/mine.ts"), run, undefined)).toMatchObject({ name: "mine" });
});

it.each(["outside.ts", "work/runs/r/own.ts", "work/link.ts"])("runs no code of %s, and asks for the file", async (path) => {
  const record = await recordOf(path);
  for (const dir of [run, join(run, "canary", "1")])
    await expect(scenarioOfRecord(record, dir, undefined)).rejects.toMatchObject({
      kind: "usage",
      detail: { fix: expect.stringContaining("--scenario <file>") },
    });
  expect(await scenarioOfRecord(record, run, join(folder, "outside.ts"))).toMatchObject({ name: "mine" });
});

it("takes no other file than the one that ran, whoever names it", async () => {
  const record = await recordOf("outside.ts");
  await expect(scenarioOfRecord(record, run, "changed.ts")).rejects.toThrow("is not the scenario that ran any more");
});
