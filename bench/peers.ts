import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { benchPath, benchTag } from "./tag-headers.ts";
import type { Nginx } from "./nginx.ts";

/** What every generator of a round is asked to do. */
export interface Task {
  readonly connections: number;
  readonly seconds: number;
  readonly tls: boolean;
  /** Body of a POST, and a file that holds it for those that want one; undefined: a GET. */
  readonly post?: { readonly body: string; readonly file: string };
}

/** What came of it. CPU is the generator's own, user and system; of those that run on Node without their start-up, some 0.2 s. */
export interface Measured {
  readonly perSec: number;
  readonly perCpuSec: number;
  readonly errors: number;
}

/** A generator as a command line and how its output is read. */
interface Peer {
  readonly command: (nginx: Nginx, task: Task) => readonly string[];
  readonly read: (output: string) => { readonly requests: number; readonly errors: number; readonly cpuSec?: number };
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const origin = ({ port, tlsPort }: Nginx, { tls }: Task): string =>
  tls ? `https://127.0.0.1:${tlsPort}` : `http://127.0.0.1:${port}`;
const headers = (flag: string): string[] => Object.entries(benchTag).flatMap(([name, value]) => [flag, `${name}: ${value}`]);
const bodyOf = ({ post }: Task): string[] => (post === undefined ? [] : [post.body]);
const json = (output: string): { requests: number; errors: number; cpuSec: number } =>
  JSON.parse(output.trim().split("\n").at(-1) ?? "") as never;
const numberIn = (output: string, pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0);

const sumOf = (output: string, pattern: RegExp): number =>
  [...output.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);

/** wrk's `Socket errors: connect 0, read 0, write 0, timeout 0`, which it prints only where there are any. */
function socketErrors(output: string): number {
  const line = /Socket errors: (.*)/.exec(output)?.[1] ?? "";
  return sumOf(line, /(\d+)/g);
}

const ours = (mode: "bare" | "full"): Peer => ({
  command: (nginx, task) => [
    process.execPath,
    file("ours.ts"),
    mode,
    origin(nginx, task),
    String(task.connections),
    String(task.seconds),
    ...bodyOf(task),
  ],
  read: json,
});

export const peers: Readonly<Record<string, Peer>> = {
  "ours, bare loop": ours("bare"),
  "ours, everything on": ours("full"),
  wrk: {
    command: (nginx, task) => [
      "wrk",
      "-t1",
      `-c${task.connections}`,
      `-d${task.seconds}s`,
      ...headers("-H"),
      ...(task.post === undefined ? [] : ["-s", file("peers/post.lua")]),
      origin(nginx, task) + benchPath,
      ...(task.post === undefined ? [] : ["--", task.post.file]),
    ],
    read: (output) => ({
      requests: numberIn(output, /(\d+) requests in/),
      errors: numberIn(output, /Non-2xx or 3xx responses: (\d+)/) + socketErrors(output),
    }),
  },
  h2load: {
    command: (nginx, task) => [
      "h2load",
      "--h1",
      "-t1",
      `-c${task.connections}`,
      `-D${task.seconds}`,
      ...headers("-H"),
      ...(task.post === undefined ? [] : ["-d", task.post.file]),
      origin(nginx, task) + benchPath,
    ],
    read: (output) => ({ requests: numberIn(output, /(\d+) 2xx/), errors: numberIn(output, /(\d+) failed/) }),
  },
  undici: {
    command: (nginx, task) => [
      process.execPath,
      file("peers/undici.ts"),
      origin(nginx, task),
      benchPath,
      String(task.connections),
      String(task.seconds),
      ...bodyOf(task),
    ],
    read: json,
  },
  autocannon: {
    command: (nginx, task) => [
      process.execPath,
      file("peers/autocannon.ts"),
      origin(nginx, task) + benchPath,
      String(task.connections),
      String(task.seconds),
      ...bodyOf(task),
    ],
    read: json,
  },
  hey: {
    command: (nginx, task) => [
      "hey",
      "-cpus",
      "1",
      "-c",
      String(task.connections),
      "-z",
      `${task.seconds}s`,
      ...headers("-H"),
      ...(task.post === undefined ? [] : ["-m", "POST", "-T", "application/json", "-d", task.post.body]),
      origin(nginx, task) + benchPath,
    ],
    read: (output) => ({
      requests: numberIn(output, /\[200\]\s+(\d+) responses/),
      errors: sumOf(output, /\[(?!200\])\d+\]\s+(\d+) responses/g) + sumOf(output, /^\s+\[(\d+)\]\s+(?!\d+ responses)/gm),
    }),
  },
};

/** Runs one generator on one core and measures it from outside, by what the shell says of its CPU time. */
export async function measure(name: string, core: number, nginx: Nginx, task: Task): Promise<Measured> {
  const peer = peers[name];
  if (peer === undefined) throw new Error(`no generator ${name}`);
  const { output, cpuSec } = await timed(String(core), peer.command(nginx, task));
  const { requests, errors, cpuSec: ownCpuSec = cpuSec } = peer.read(output);
  if (requests === 0) throw new Error(`${name} got no reply:\n${output}`);
  return { perSec: requests / task.seconds, perCpuSec: requests / ownCpuSec, errors };
}

/** Runs a command on cores (`"1"`, `"0,1"`); CPU seconds are user and system time of it and its children. Rejects on any other exit code. */
export function timed(
  cores: string,
  command: readonly string[],
  exitCodes: readonly number[] = [0],
): Promise<{ output: string; cpuSec: number }> {
  const script = 'TIMEFORMAT="cpu %U %S"; time "$@"';
  const child = spawn("taskset", ["-c", cores, "bash", "-c", script, "bash", ...command], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    child.on("close", (code) => {
      const [, user, system] = /cpu ([\d.]+) ([\d.]+)\s*$/.exec(errors) ?? [];
      if (code === null || !exitCodes.includes(code) || user === undefined)
        reject(new Error(`${command.join(" ")} ended with code ${code}:\n${output}${errors}`));
      else resolve({ output, cpuSec: Number(user) + Number(system) });
    });
  });
}
