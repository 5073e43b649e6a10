/** Command lines to copy: a run made again, and its sweep. */
import type { RunFile } from "../model/run.ts";

/** One word for a POSIX shell, quoted where it needs to be: what a record says must not run when it is pasted. */
export function shellWord(text: string): string {
  // oxlint-disable-next-line no-control-regex -- a pasted control character could end the line
  const line = text.replace(/[\u0000-\u001f\u007f]/g, " ");
  return /^[\w@%+=:,./-]+$/.test(line) ? line : `'${line.replaceAll("'", `'\\''`)}'`;
}

/** `peakproof run` with every value that decides what is sent. */
export function runCommand({ plan }: RunFile): string {
  const steps = plan.steps.filter(({ role }) => role === "step");
  const warmup = plan.steps.find(({ role }) => role === "warmup");
  const flags: Record<string, string> = {
    "--target": plan.target,
    "--seed": String(plan.seed),
    "--peak": String(plan.peakRatePerSec),
    "--multiples": steps.map(({ multiple }) => multiple).join(","),
    "--hold": seconds(steps[0]?.holdUs ?? 0),
    "--warmup": seconds(warmup?.holdUs ?? 0),
    "--workers": String(plan.workers),
  };
  const variables = Object.entries(plan.variables).flatMap(([key, value]) => ["--var", `${key}=${value}`]);
  const words = ["peakproof", "run", plan.scenario.path, ...Object.entries(flags).flat(), ...variables];
  return words.map(shellWord).join(" ");
}

/** `peakproof cleanup` for a run directory. */
export function cleanCommand(dir: string): string {
  return `peakproof cleanup ${shellWord(dir)}`;
}

const seconds = (us: number): string => `${us / 1e6}s`;
