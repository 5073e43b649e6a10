/** Command lines to copy: a run made again, and its sweep. */
import { isHttps, type ConnectionPlan, type RunPlan } from "../model/plan.ts";
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
  const places = plan.targets.flatMap((target) => ["--target", target]);
  if (plan.admin !== plan.target) places.push("--admin", plan.admin);
  const words = ["peakproof", "run", plan.scenario.path, ...places, ...networkFlags(plan.connections), ...flags.flat()];
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

/** `peakproof cleanup` for a run directory; the plan says whether it asks for `--insecure` again. */
export function cleanCommand(dir: string, plan?: Pick<RunPlan, "admin" | "connections">): string {
  const isUnverified = plan !== undefined && isHttps(plan.admin) && !plan.connections.tls.verify;
  return `peakproof cleanup ${shellWord(dir)}${isUnverified ? " --insecure" : ""}`;
}

const seconds = (us: number): string => `${us / 1e6}s`;
