/** How the target was reached. */
import { isHttps, type RunPlan } from "../../model/plan.ts";
import { formatCount, formatUs } from "../../model/units.ts";
import { html, type Part } from "../html.ts";

/** Names and values for the facts of a run; what was left as it comes has none. */
export function networkFacts(plan: RunPlan): [string, Part][] {
  const { protocol, proxy, resolve, sourceAddresses, host, policy, max, deadlineUs } = plan.connections;
  const resolved = Object.entries(resolve).map(([name, address]) => `${name} at ${address}`);
  const own: [string, Part][] = [
    [
      plan.targets.length === 1 ? "Target" : "Targets",
      `${plan.targets.join(", ")}${plan.targets.length === 1 ? "" : ", in equal parts"}`,
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

function tlsFact({ targets, admin, connections }: RunPlan): Part {
  const { verify, serverName, ca, cert } = connections.tls;
  const isLoadSecured = targets.some(isHttps);
  if (!isLoadSecured && !isHttps(admin)) return "none";
  const parts = [
    verify ? `certificates verified against ${ca === null ? "the authorities that Node trusts" : ca}` : null,
    serverName === null ? null : `server name ${serverName}`,
    cert === null ? null : `client certificate ${cert}`,
    isLoadSecured ? null : "none for the load: on the admin address alone",
  ].filter((part) => part !== null);
  return html`${verify ? null : html`<strong class="t-bad">certificates were not verified</strong>${parts.length > 0 ? "; " : ""}`}${parts.join("; ")}`;
}
