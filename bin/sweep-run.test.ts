import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { exampleRun } from "../cleanup/example-run.ts";
import { readTraces } from "../src/record/reader.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { sweepRun } from "./sweep-run.ts";

const dir = mkdtempSync(join(tmpdir(), "peakproof-sweep-"));
afterAll(() => rmSync(dir, { recursive: true }));

it("sets a cleanup.json aside that it cannot read, and does so in no dry run", async () => {
  const newer = JSON.stringify({ schema: "peakproof.cleanup/9", proofs: ["a proof"] });
  writeFileSync(join(dir, "run.json"), JSON.stringify(exampleRun({ plan: { cleanup: { none: "rows expire" } } })));
  writeFileSync(join(dir, "cleanup.json"), newer);
  const sweep = async (dryRun: boolean): Promise<void> => {
    const options = { dryRun, signal: new AbortController().signal, onProgress: () => undefined };
    await sweepRun(await readTraces(dir), options, new DiskTrouble());
  };
  const names = (): string[] => readdirSync(dir).filter((name) => name.startsWith("cleanup.json"));
  await sweep(true);
  expect(names()).toEqual(["cleanup.json"]);
  await sweep(false);
  const [written = "", aside = "", ...more] = names().toSorted();
  expect([written, more]).toEqual(["cleanup.json", []]);
  expect(readFileSync(join(dir, aside), "utf8")).toBe(newer);
  expect(readFileSync(join(dir, written), "utf8")).toContain("peakproof.cleanup/2");
  await sweep(false);
  expect(names()).toHaveLength(2);
});

it("keeps what another cleanup has written since the record was read", async () => {
  rmSync(join(dir, "cleanup.json"));
  const [first, second] = [await readTraces(dir), await readTraces(dir)];
  const options = { dryRun: false, signal: new AbortController().signal, onProgress: () => undefined };
  await sweepRun(first, options, new DiskTrouble());
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await sweepRun(second, options, new DiskTrouble())).entries).toHaveLength(2);
  expect((await readTraces(dir)).cleanup?.entries).toHaveLength(2);
});
