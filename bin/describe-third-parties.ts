import type { ThirdParty } from "../src/model/safety-rules.ts";
import { formatCount, formatShare } from "../src/model/units.ts";
import { projectCalls, type ProjectedCalls } from "../src/third-party/projection.ts";
import type { Prepared } from "./preflight.ts";

/** The calls that third parties are to get at each multiple, as a table, and what was agreed with each. */
export function thirdPartyLines({ plan, scenario }: Prepared): string[] {
  const parties = Object.entries(plan.thirdParties);
  if (parties.length === 0) return [];
  const rows = projectCalls(plan, scenario.input.operations);
  return [
    "",
    "  third party  multiple         calls/s    agreed/s",
    ...rows.map(rowLine),
    ...parties.map(([name, party]) => `  ${name.padEnd(12)} ${agreementText(party)}`),
    "",
  ];
}

function rowLine({ party, multiple, callsPerSec, limitPerSec, over }: ProjectedCalls): string {
  return [
    `  ${party.padEnd(12)}`,
    `${Number(multiple.toFixed(3))}x`.padStart(8),
    formatCount(callsPerSec).padStart(15),
    formatCount(limitPerSec).padStart(11),
    over ? "  OVER" : formatShare(callsPerSec / limitPerSec).padStart(8),
  ].join(" ");
}

function agreementText({ notice, stubbed, meter }: ThirdParty): string {
  const told = notice === undefined ? "was not told of the test" : `told: ${notice}`;
  const counted =
    meter === undefined ? "not counted while the run goes on" : `counted by ${meter.prometheus ?? `the proxy ${meter.proxy}`}`;
  return [...(stubbed === true ? ["a stand-in takes its place"] : [told]), counted].join("; ");
}
