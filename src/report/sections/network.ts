/** How the target was reached. */
import type { RunPlan } from "../../model/plan.ts";
import { formatCount, formatUs } from "../../model/units.ts";
import { html, type Part } from "../html.ts";

/** Whether certificates were to be verified and were not. */
export function isInsecure({ targets, connections }: RunPlan): boolean {
  return !connections.tls.verify && targets.some(isHttps);
}

const isHttps = (target: string): boolean => target.startsWith("https:");

/** Names and values for the facts of a run; what was left as it comes has none. */
export function networkFacts(plan: RunPlan): [string, Part][] {
  const { protocol, proxy, resolve, sourceAddresses, host, policy, max, deadlineUs } = plan.connections;
  const resolved = Object.entries(resolve).map(([name, address]) => `${name} at ${address}`);
  const own: [string, Part][] = [
    [
      plan.targets.length === 1 ? "Target" : "Targets",
      `${plan.targets.join(", ")}${plan.targets.length === 1 ? "" : ", taken in turn"}`,
    ],
    ["Protocol", protocol === "h2" ? "HTTP/2 (undici)" : proxy === null ? "HTTP/1.1" : "HTTP/1.1 (undici)"],
    ["TLS", tlsFact(plan)],
    ["Connections", `${policy}, at most ${formatCount(max)}, deadline ${formatUs(deadlineUs)}`],
  ];
  const optional: [string, string | null][] = [
    ["Proxy", proxy],
    ["Names resolved", resolved.join(", ")],
    ["Source addresses", sourceAddresses.join(", ")],
    ["Host", host],
  ];
  return [...own, ...optional.filter(([, value]) => value !== null && value !== "")];
}

function tlsFact({ targets, connections }: RunPlan): Part {
  const { verify, serverName, ca, cert } = connections.tls;
  if (!targets.some(isHttps)) return "none";
  const parts = [
    verify ? `certificates verified against ${ca === null ? "the authorities that Node trusts" : ca}` : null,
    serverName === null ? null : `server name ${serverName}`,
    cert === null ? null : `client certificate ${cert}`,
  ].filter((part) => part !== null);
  return html`${verify ? null : html`<strong class="t-bad">certificates were not verified</strong>${parts.length > 0 ? "; " : ""}`}${parts.join("; ")}`;
}
