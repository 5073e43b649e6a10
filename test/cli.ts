import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CleanupFile } from "../src/model/cleanup.ts";
import type { RunFile } from "../src/model/run.ts";
import type { Summary } from "../src/model/summary.ts";

/** The command line as a user starts it. */
const launcher = fileURLToPath(new URL("../bin/peakproof.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts `peakproof <args>` without calibration, unless `env` says else; its output is collected. `wrap` goes before the command: `["taskset", "1"]`. */
export function start(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly wrap?: readonly string[] } = {},
): Started {
  const [command = process.execPath, ...rest] = [...(options.wrap ?? []), process.execPath, launcher, ...args];
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: "1", PEAKPROOF_CALIBRATION: "off", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  return { child, ended };
}

/** Runs `peakproof <args>` to its end. */
export function peakproof(...args: readonly string[]): Promise<Ended> {
  return start(args).ended;
}

/** A folder of its own for a test, removed at its end. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "peakproof-test-"));

  /** Writes a file and gives its path. */
  file(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  get runs(): string {
    return join(this.path, "runs");
  }

  /** The one run made in it. */
  get run(): string {
    const [run, ...others] = existsSync(this.runs) ? readdirSync(this.runs) : [];
    if (run === undefined || others.length > 0)
      throw new Error(`expected one run, found ${others.length === 0 ? "none" : others.length + 1}`);
    return join(this.runs, run);
  }

  json(name: string): unknown {
    return JSON.parse(readFileSync(join(this.run, name), "utf8"));
  }

  get runFile(): RunFile {
    return this.json("run.json") as RunFile;
  }

  get cleanupFile(): CleanupFile {
    return this.json("cleanup.json") as CleanupFile;
  }

  /** Removes the runs made in it, so that the next is the one. */
  forget(): void {
    rmSync(this.runs, { recursive: true, force: true });
  }

  /** Whether the one run has come to a step; false while it is still starting. */
  hasBegun(step: number): boolean {
    if (!existsSync(this.runs) || readdirSync(this.runs).length === 0) return false;
    if (!existsSync(join(this.run, "run.json"))) return false;
    return typeof this.runFile.steps[step]?.startUs === "number";
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The summary that `--json` prints; fails with the whole output where it is none. */
export function summaryOf({ stdout, stderr, code }: Ended): Summary {
  try {
    return JSON.parse(stdout) as Summary;
  } catch {
    throw new Error(`no summary on stdout (exit ${code}):\n${stdout}\n${stderr}`);
  }
}

/** Polls until something holds, for things that other processes do. Rejects after `limitMs`. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`nothing came of it within ${limitMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
