import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { journalLines } from "./journal-file.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-journal-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const writer = fileURLToPath(new URL("journal-writer.fixture.ts", import.meta.url));

/** Kills a process that writes the journal some time after its first sync; how many intents it had been told are on disk. */
async function killedAfter(path: string, ms: number): Promise<number> {
  const child = spawn(process.execPath, [writer, path], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("latin1").on("data", (text: string) => (said += text));
  await once(child.stdout, "data");
  await wait(ms);
  child.kill("SIGKILL");
  await once(child, "close");
  return Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
}

it("holds every intent that its writer was told is on disk, whenever that is killed", async () => {
  for (let instant = 0; instant < 10; instant++) {
    const path = join(dir, `journal-${instant}.ndjson`);
    const told = await killedAfter(path, Math.random() * 120);
    const intents = new Set<number>();
    let torn = 0;
    for await (const lines of journalLines(path)) {
      for (const line of lines) {
        if (line === null) torn += 1;
        else if (line.k === "i") intents.add(line.n);
      }
    }
    expect(told).toBeGreaterThan(0);
    expect(Array.from({ length: told }, (_, n) => n).filter((n) => !intents.has(n))).toEqual([]);
    expect(torn).toBeLessThanOrEqual(1);
  }
});
