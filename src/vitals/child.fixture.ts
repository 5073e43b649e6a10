/** Real processes for the tests of this room: bounded in time, ended by their own handle. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** A test that fails to stop its child leaves it for no longer than this. */
const longestLifeMs = 15_000;

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  /** First message that the child sent. */
  readonly told: unknown;
}

const started: ChildProcess[] = [];

/** Runs CommonJS source in a new Node; resolves once it has called `process.send`. `wrap` is a command that starts another. */
export async function startChild(source: string, wrap: readonly string[] = []): Promise<Child> {
  const bounded = `setTimeout(() => process.exit(), ${longestLifeMs}).unref(); process.on("disconnect", () => process.exit()); ${source}`;
  const [command, ...before] = wrap;
  const node = command === undefined ? [] : [...before, process.execPath];
  const child = spawn(command ?? process.execPath, [...node, "-e", bounded], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  started.push(child);
  const ended = once(child, "exit").then(() => {
    throw new Error("the child ended before it said that it was ready");
  });
  const [told] = (await Promise.race([once(child, "message"), ended])) as [unknown];
  ended.catch(() => {}); // from now on it may end as it likes
  return { process: child, pid: child.pid ?? 0, told };
}

/** Ends a child at once and waits until it is gone from /proc. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** For `afterEach`. */
export async function endChildren(): Promise<void> {
  await Promise.all(started.splice(0).map(endChild));
}

/** Source of a loop that keeps one core busy for a while, then leaves the process idle. */
export function burn(ms: number): string {
  return `{ const end = Date.now() + ${ms}; while (Date.now() < end); }`;
}

/** Looks every 50 ms until there is an answer; at most `withinMs`. */
export async function eventually<T>(look: () => T | undefined, withinMs = 5_000): Promise<T> {
  for (let waited = 0; waited < withinMs; waited += 50) {
    const seen = look();
    if (seen !== undefined) return seen;
    await sleep(50);
  }
  throw new Error(`nothing seen within ${withinMs} ms`);
}
