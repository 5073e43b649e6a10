import type { RunPlan } from "../src/model/plan.ts";
import { defaultTagHeaders } from "../src/model/tags.ts";
import { countOf, formatCount, formatShare, formatUs } from "../src/model/units.ts";
import { allShares } from "../src/read-back/shares.ts";
import { defaultAbortRules } from "../src/safety/abort-rules.ts";
import type { Prepared } from "./preflight.ts";

/** What stops a run by itself, and what keeps two from testing at once. */
export function safetyLines({ safety, admin }: RunPlan): string[] {
  const rules = safety?.abort ?? defaultAbortRules;
  const usual = safety?.abort === undefined ? " (the default)" : "";
  const ceilings = Object.entries<number | string>({ ...safety?.ceilings }).map(
    ([name, most]) => `${name} ${typeof most === "number" ? formatCount(most) : most}`,
  );
  const lease = safety?.lease ?? null;
  return [
    rules.length === 0 ? line("abort", "no rule stops it") : line("abort", `${rules.join("; ")}${usual}`),
    ...(ceilings.length === 0 ? [] : [line("at most", ceilings.join(", "))]),
    ...(lease === null ? [] : [line("lease", `PUT ${new URL(lease, admin).href}, beside the one on this machine`)]),
  ];
}

/** Header names of the tag, where they are not the usual ones. */
export function tagLines({ tags }: RunPlan): string[] {
  const { run, user, purpose } = { ...defaultTagHeaders, ...tags };
  const names = [run, user, purpose].join(", ");
  return names === Object.values(defaultTagHeaders).join(", ") ? [] : [line("tags", names)];
}

/** `fault  lab: latency (latency 500) downstream for 5 s after 10 s, 50 % of connections`. */
export function faultLines({ faults }: RunPlan): string[] {
  if (faults === undefined) return [];
  const toxics = faults.toxics.map(({ proxy, type, stream, toxicity, attributes, atUs, forUs }) => {
    const settings = Object.entries(attributes).map(([name, value]) => `${name} ${formatCount(value)}`);
    const how = settings.length === 0 ? "" : ` (${settings.join(", ")})`;
    const part = toxicity === 1 ? "" : `, ${formatShare(toxicity)} of connections`;
    return line("fault", `${proxy}: ${type}${how} ${stream} for ${formatUs(forUs)} after ${formatUs(atUs)}${part}`);
  });
  return [...toxics, line("", `by ${faults.api}`)];
}

/** How many accepted writes are looked for afterwards, and how many are sent once more. */
export function readBackLines({ plan, scenario, totals }: Prepared): string[] {
  if (plan.writes === undefined) return [];
  const { withinUs } = plan.writes;
  const shares = allShares(plan.writes, scenario.input.operations, totals.perOperation);
  return plan.operations.flatMap(({ name }, at) => {
    const share = shares[at];
    if (share === null || share === undefined) return [];
    const sent = totals.perOperation[name] ?? 0;
    const twice = share.replay === 0 ? "" : `, at most ${countOf(Math.round(share.replay * sent), "write")} sent once more`;
    const most = countOf(Math.round(share.readBack * sent), "write");
    return [line("read back", `${name}: some ${most} within ${formatUs(withinUs)}${twice}`)];
  });
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(12)} ${text}`;
}
