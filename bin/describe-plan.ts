import { planStores } from "../cleanup/index.ts";
import { plannedCanaries, sendsWrites } from "../src/handshake/canaries.ts";
import { describeHandshake, unproven } from "../src/handshake/verdict.ts";
import type { Network, RunPlan, StepPlan } from "../src/model/plan.ts";
import { countOf, formatCount, formatShare, formatUs } from "../src/model/units.ts";
import { totalWeight, worstCase } from "../src/safety/worst-case.ts";
import { version } from "../src/version.ts";
import { faultLines, readBackLines, safetyLines, tagLines } from "./describe-safety.ts";
import { thirdPartyLines } from "./describe-third-parties.ts";
import type { Prepared } from "./preflight.ts";

/** What `--plan` says: where, how fast, of what, what it leaves, the size of the record. Nothing is sent. */
export function describePlan(prepared: Prepared): string {
  const { plan, totals } = prepared;
  const seconds = plan.steps.reduce((sum, step) => sum + step.holdUs, 0) / 1_000_000;
  const lines = [
    `peakproof ${version}: ${plan.scenario.name} -> ${plan.targets.join(", ")}${plan.targets.length > 1 ? " in equal parts" : ""}`,
    `  seed ${plan.seed}, schedule ${totals.hash}, ${plan.pace} arrivals, ${countOf(plan.workers, "worker")}, at most ${countOf(plan.connections.max, "connection")}`,
    ...networkLines(plan.connections),
    ...tagLines(plan),
    ...setupLines(prepared),
    "",
    "  step         multiple            rate      hold    arrivals",
    ...plan.steps.map((step, at) => stepLine(step, plan, totals.perStep[at] ?? 0)),
    "",
    `  total        ${totalText(prepared)} in ${Math.round(seconds)} s and what draining takes`,
    ...plan.operations.map(
      ({ name, kind }) => `  ${name.padEnd(12)} ${kind.padEnd(6)} ${countOf(totals.perOperation[name] ?? 0, "request")}`,
    ),
    ...journeyLines(prepared),
    ...retryLines(prepared),
    ...thirdPartyLines(prepared),
    ...handshakeLines(plan),
    ...faultLines(plan),
    ...safetyLines(plan),
    ...readBackLines(prepared),
    `  record       about ${Math.ceil(recordBytes(prepared, seconds) / 1_000_000)} MB`,
    ...cleanupLines(plan),
    "",
    "  Nothing was sent.",
  ];
  return lines.join("\n");
}

function setupLines({ scenario }: Prepared): string[] {
  if (scenario.input.setup === undefined) return [];
  return [`  ${"setup".padEnd(12)} once before the load; requests may depend on it, so none was looked at`];
}

/** Only what is not as it comes. */
function networkLines({ protocol, proxy, resolve, sourceAddresses, host, tls }: Network): string[] {
  const files = [tls.ca === null ? [] : `trusting ${tls.ca}`, tls.cert === null ? [] : `as ${tls.cert}`].flat();
  const said: readonly (readonly [string, string])[] = [
    ["protocol", protocol === "h2" ? "HTTP/2" : ""],
    ["tls", tls.verify ? files.join(", ") : ["INSECURE: certificates are not verified", ...files].join(", ")],
    ["server name", tls.serverName ?? ""],
    ["host", host ?? ""],
    ["proxy", proxy ?? ""],
    [
      "resolve",
      Object.entries(resolve)
        .map((pair) => pair.join(" is "))
        .join(", "),
    ],
    ["from", sourceAddresses.join(", ")],
  ];
  return said.filter(([, text]) => text !== "").map(([name, text]) => `  ${name.padEnd(12)} ${text}`);
}

function stepLine({ role, multiple, ratePerSec, fromRatePerSec, holdUs }: StepPlan, plan: RunPlan, arrivals: number): string {
  const from = fromRatePerSec === undefined ? [] : [fromRatePerSec];
  const multiples = [...from.map((rate) => rate / plan.peakRatePerSec), multiple].map((each) => `${Number(each.toFixed(3))}x`);
  const rates = [...from, ratePerSec].map((rate) => Number(rate.toFixed(3)));
  return [
    `  ${role.padEnd(8)}`,
    multiples.join(" to ").padStart(12),
    `${rates.join(" to ")}/s`.padStart(15),
    `${holdUs / 1_000_000} s`.padStart(9),
    String(arrivals).padStart(11),
  ].join(" ");
}

function totalText({ plan, totals }: Prepared): string {
  const atMost = plan.journeys.length > 0 ? "at most " : "";
  const prepared = plan.prepare === null ? "" : `, ${countOf(plan.prepare.count, "row")} prepared by "${plan.prepare.create}"`;
  return `${atMost}${countOf(totals.requests, "request")}, ${atMost}${countOf(totals.writes, "write")}${prepared}`;
}

/** `visit  journey, 30 % of arrivals: scan, then after 1 s to 3 s perhaps report`. */
function journeyLines({ plan, scenario }: Prepared): string[] {
  return plan.journeys.map(({ name, weight, steps }) => {
    const written = scenario.input.journeys?.[name]?.steps ?? [];
    const names = steps.map(({ operation, thinkUs: [shortest, longest] }, at) => {
      const after = longest === 0 ? "" : ` after ${formatUs(shortest)}${shortest === longest ? "" : ` to ${formatUs(longest)}`}`;
      const perhaps = written[at]?.when === undefined ? "" : " perhaps";
      return `${at === 0 ? "" : `, then${after}${perhaps} `}${plan.operations[operation]?.name ?? "?"}`;
    });
    return `  ${name.padEnd(12)} journey, ${formatShare(weight / totalWeight(plan))} of arrivals: ${names.join("")}`;
  });
}

/** What retries make of the load where nothing is answered. */
function retryLines({ plan, scenario, totals }: Prepared): string[] {
  const retried = Object.entries(scenario.input.operations).filter(([, { retry }]) => retry !== undefined);
  if (retried.length === 0) return [];
  const lines = retried.map(([name, { retry }]) => {
    const budget = retry?.budget === undefined ? "" : `, retries at most ${formatShare(retry.budget)} of first attempts`;
    return `  ${name.padEnd(12)} up to ${retry?.attempts ?? 1} attempts each${budget}`;
  });
  const extra = worstCase(plan, totals, scenario.input.operations).requests - totals.requests;
  const times = formatCount(Math.round((1 + extra / Math.max(1, totals.requests)) * 100) / 100);
  return [...lines, `  retries      at worst ${countOf(extra, "request")} more, ${times} times the load`];
}

/** What must be proven before the load, where anything is written. */
function handshakeLines(plan: RunPlan): string[] {
  if (!sendsWrites(plan)) return [];
  const canaries = plannedCanaries(plan, "the-run").length;
  const text = plan.handshake === undefined ? `none: ${unproven}` : describeHandshake(Object.keys(plan.handshake.hops), canaries);
  return [`  handshake    ${text}`];
}

/** Two journal lines an attempt at a write, 400 bytes of series and some 60 vitals of 90 bytes a second, histograms of some 4 kB each. */
function recordBytes({ plan, totals, scenario }: Prepared, seconds: number): number {
  const { writes } = worstCase(plan, totals, scenario.input.operations);
  return writes * 190 + seconds * (400 + 60 * 90 + 1_000) + plan.steps.length * plan.operations.length * 4 * 4_000;
}

function cleanupLines({ cleanup, ...plan }: RunPlan): string[] {
  const said = (text: string): string => `  cleanup      ${text}`;
  if (cleanup === null) return [said("nothing is written")];
  if (cleanup.none !== undefined) return [said(`none: ${cleanup.none}`)];
  return planStores({ runId: "the-run", plan: { ...plan, cleanup } }).map(({ plan: { name, how } }) => said(`${name}: ${how}`));
}
