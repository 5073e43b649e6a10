/** Whoever else the load reached: what was agreed with them, and what they really got. */
import type { RunFile, ThirdPartyCalls } from "../../model/run.ts";
import type { ThirdParty } from "../../model/safety-rules.ts";
import { formatCount } from "../../model/units.ts";
import { table } from "../charts/figure.ts";
import { html, type Html, type Part } from "../html.ts";
import { signed } from "../state.ts";

export function thirdPartiesSection({ plan, thirdPartyCalls = {}, ended }: RunFile): Html | null {
  const parties = Object.entries(plan.thirdParties);
  if (parties.length === 0) return null;
  const rows = parties.map(([name, party]) => row(name, party, { calls: thirdPartyCalls[name], ended }));
  return html`<section id="third-parties">
    <h2>Third parties</h2>
    <p class="lead">
      Other people's systems that the target called under this load: what was agreed, what was declared, what was counted.
    </p>
    ${table({
      columns: [
        { head: "third party", kind: "heading" },
        { head: "result", kind: "text" },
        { head: "calls counted", kind: "number" },
        { head: "busiest 2 s", kind: "number" },
        { head: "calls per request", kind: "number" },
        { head: "declared", kind: "text" },
        { head: "agreed", kind: "text" },
      ],
      rows,
    })}
  </section>`;
}

interface Counted {
  readonly calls: ThirdPartyCalls | undefined;
  readonly ended: RunFile["ended"];
}

function row(name: string, party: ThirdParty, counted: Counted): Part[] {
  return [name, ...metered(party, counted), declared(party), agreed(party)];
}

function agreed({ limitPerSec, notice, stubbed }: ThirdParty): string {
  const told = notice === undefined ? "nobody was told" : `told by ${notice}`;
  return stubbed === true ? "nothing: a stand-in takes the calls" : `${formatCount(limitPerSec)}/s, ${told}`;
}

function declared({ callsPer }: ThirdParty): string {
  return Object.entries(callsPer)
    .map(([operation, calls]) => `${formatCount(calls)} per ${operation}`)
    .join(", ");
}

function metered(party: ThirdParty, { calls, ended }: Counted): Part[] {
  if (calls === undefined) return [signed("unsure", "not counted"), "-", "-", "-"];
  const { total, peakPerSec, perDeclared } = calls;
  return [
    result(party, peakPerSec, ended?.how === "finished"),
    formatCount(total),
    `${formatCount(Math.round(peakPerSec))}/s`,
    perDeclared === null ? "-" : formatCount(Math.round(perDeclared * 100) / 100),
  ];
}

/** A run that was cut short, perhaps by these very calls, has not shown what the whole of it would come to. */
function result({ limitPerSec, stubbed }: ThirdParty, peakPerSec: number, isWhole: boolean): Html {
  if (stubbed === true) return signed("good", "stand-in");
  if (peakPerSec > limitPerSec) return signed("bad", "over the limit");
  return isWhole ? signed("good", "within the limit") : signed("unsure", "within the limit so far");
}
