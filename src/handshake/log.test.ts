import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import { LogObserver } from "./log.ts";
import type { Look } from "./observer.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "peakproof-log-"));
  file = join(folder, "service.log");
  writeFileSync(file, "");
});
afterEach(() => rmSync(folder, { recursive: true }));

const { signal } = new AbortController();
const watching = (pattern: string): Look =>
  new LogObserver({ hop: "log", file, pattern }).watch({ runId: "run-c1", operation: "report" });

it("sees a line with the run id that was written after it began to watch", async () => {
  appendFileSync(file, "POST /reports 201 run=run-c1\n");
  const look = watching("run={run}");
  expect(await look(signal)).toBe(false);
  appendFileSync(file, "POST /reports 201 run=-\n");
  expect(await look(signal)).toBe(false);
  appendFileSync(file, "POST /reports 201 run=run-c1\n");
  expect(await look(signal)).toBe(true);
});

it("sees a line whose parts were written one after the other, in a file of any length", async () => {
  const look = watching("run={run}");
  appendFileSync(file, `${"x".repeat(100)}\n`.repeat(5_000));
  appendFileSync(file, "POST /reports 201 run=ru");
  expect(await look(signal)).toBe(false);
  appendFileSync(file, "n-c1\n");
  expect(await look(signal)).toBe(true);
});

it("takes what stands between slashes as a regular expression, line by line", async () => {
  const look = watching("/^post .* run={run}$/i");
  appendFileSync(file, "GET /synthetic/run-c1 200 run=run-c1\n");
  expect(await look(signal)).toBe(false);
  appendFileSync(file, "POST /reports 201 run=run-c1\n");
  expect(await look(signal)).toBe(true);
});

it("begins anew with a log that was rotated", async () => {
  writeFileSync(file, "old\n".repeat(100));
  const look = watching("run={run}");
  writeFileSync(file, "run=run-c1\n");
  expect(await look(signal)).toBe(true);
});

it("says that there is no such file, or that its pattern is no expression", () => {
  expect(faultOf(() => watching("/(/"))).toMatchObject({
    kind: "usage",
    message: expect.stringContaining("no regular expression"),
  });
  file = join(folder, "nowhere.log");
  expect(faultOf(() => watching("run={run}"))).toMatchObject({ kind: "unreachable", message: expect.stringContaining("ENOENT") });
});
