/** Command lines to copy: a run made again, and its sweep. */
import type { ConnectionPlan, RunPlan } from "../model/plan.ts";
import type { RunFile } from "../model/run.ts";

/** One word for a POSIX shell, quoted where it needs to be: what a record says must not run when it is pasted. */
export function shellWord(text: string): string {
  // oxlint-disable-next-line no-control-regex -- a pasted control character could end the line
  const line = text.replace(/[\u0000-\u001f\u007f]/g, " ");
  return /^[\w@%+=:,./-]+$/.test(line) ? line : `'${line.replaceAll("'", `'\\''`)}'`;
}

/** `peakproof run` with every value that decides what is sent. Stages are the scenario's own: no flag has them. */
export function runCommand({ plan }: RunFile): string {
  const steps = plan.steps.filter(({ role }) => role === "step");
  const warmup = plan.steps.find(({ role }) => role === "warmup");
  const course: readonly Flag[] = isStaged(plan)
    ? []
    : [
        ["--multiples", steps.map(({ multiple }) => multiple).join(",")],
        ["--hold", seconds(steps[0]?.holdUs ?? 0)],
      ];
  const flags: readonly Flag[] = [
    ["--seed", String(plan.seed)],
    ["--peak", String(plan.peakRatePerSec)],
    ["--pace", plan.pace],
    ...course,
    ["--warmup", seconds(warmup?.holdUs ?? 0)],
    ["--workers", String(plan.workers)],
    ...Object.entries(plan.variables).map(([key, value]): Flag => ["--var", `${key}=${value}`]),
  ];
  const targets = plan.targets.flatMap((target) => ["--target", target]);
  const words = ["peakproof", "run", plan.scenario.path, ...targets, ...networkFlags(plan.connections), ...flags.flat()];
  return words.map(shellWord).join(" ");
}

type Flag = readonly [name: string, value: string];

const isStaged = ({ steps }: RunPlan): boolean => steps.some(({ role, follows }) => role === "ramp" || follows === true);

function networkFlags({ tls, resolve, sourceAddresses }: ConnectionPlan): string[] {
  return [
    ...(tls.verify ? [] : ["--insecure"]),
    ...Object.entries(resolve).flatMap(([name, address]) => ["--resolve", `${name}:${address}`]),
    ...sourceAddresses.flatMap((address) => ["--source-address", address]),
  ];
}

/** `peakproof cleanup` for a run directory. */
export function cleanCommand(dir: string): string {
  return `peakproof cleanup ${shellWord(dir)}`;
}

const seconds = (us: number): string => `${us / 1e6}s`;
