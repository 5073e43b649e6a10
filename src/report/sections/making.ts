/** How the run was made, so that another can make it again. */
import type { JourneyPlan, RunPlan } from "../../model/plan.ts";
import type { RunRecord } from "../../model/record.ts";
import { defaultTagHeaders } from "../../model/tags.ts";
import { countOf, formatCount, formatUs } from "../../model/units.ts";
import { cleanCommand, runCommand } from "../commands.ts";
import { html, type Html, type Part } from "../html.ts";
import { formatBytes, formatInstant } from "../quantity.ts";
import { stepNames } from "../step-names.ts";
import { networkFacts } from "./network.ts";

export function makingSection(record: RunRecord): Html {
  const { run, problems } = record;
  const facts = [...load(record), ...machine(record)];
  return html`<section id="making">
    <h2>How the run was made</h2>
    <dl class="pairs">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    <p class="note">To make it again: the same seed gives the same arrivals, people and bodies.</p>
    <pre>${runCommand(run)}</pre>
    <p class="note">To sweep again what it left; it may be run any number of times:</p>
    <pre>${cleanCommand(record.dir, run.plan)}</pre>
    ${
      problems.length === 0
        ? null
        : html`<p class="note">Parts of the record that could not be read:</p>
            <ul class="problems">
              ${problems.map(({ file, problem }) => html`<li><code>${file}</code>: ${problem}</li>`)}
            </ul>`
    }
  </section>`;
}

function load({ run }: RunRecord): [string, Part][] {
  const { plan, schedule } = run;
  const operations = plan.operations.map(({ name, kind, weight }) => `${name} (${kind}, weight ${weight})`);
  const steps = [...stepNames(run.steps)].map(([step, name]) => {
    const from = step.fromRatePerSec === undefined ? "" : `from ${formatCount(step.fromRatePerSec)} `;
    return `${name} ${from === "" ? "at" : `${from}to`} ${formatCount(step.ratePerSec)}/s ${from === "" ? "for" : "in"} ${formatUs(step.holdUs)}`;
  });
  const pairs = (values: Readonly<Record<string, string>>): string =>
    Object.entries(values)
      .map(([key, value]) => `${key}=${value}`)
      .join(", ");
  return [
    ["Scenario", html`<code>${plan.scenario.path}</code>, hash <code>${plan.scenario.hash}</code>`],
    ["Steps", steps.join("; ")],
    [
      "Arrivals",
      `${plan.pace}, ${countOf(schedule.requests, "request")} planned, of them ${countOf(schedule.writes, "write")}${plan.journeys.length > 0 ? " (at most: a journey may end early)" : ""}`,
    ],
    ["Operations", operations.join("; ")],
    ["Journeys", plan.journeys.map((journey) => journeyFact(plan, journey)).join("; ") || "none"],
    ["People", `${formatCount(plan.users.pool)} ${plan.users.name}, ${plan.users.popularity}`],
    ...networkFacts(plan),
    ["Seed", String(plan.seed)],
    ["Schedule hash", html`<code>${schedule.hash}</code>`],
    ["Tag", html`<code>${defaultTagHeaders.run}: ${run.runId}</code> on every request`],
    ["Variables", pairs(plan.variables) || "none"],
    ["Labels", pairs(run.labels) || "none"],
  ];
}

/** `sign-up (weight 2): register, 1 s to 3 s later confirm`. */
function journeyFact({ operations }: RunPlan, { name, weight, steps }: JourneyPlan): string {
  const words = steps.map(({ operation, thinkUs: [least, most] }) => {
    const think =
      most === 0 ? "" : least === most ? `${formatUs(most)} later ` : `${formatUs(least)} to ${formatUs(most)} later `;
    return `${think}${operations[operation]?.name ?? "-"}`;
  });
  return `${name} (weight ${weight}): ${words.join(", ")}`;
}

function machine({ run }: RunRecord): [string, Part][] {
  const { hostname, platform, kernel, cpuModel, cores, memoryBytes, node } = run.machine;
  const pids = run.target.pids.length === 0 ? "no process of the target" : `the target's processes ${run.target.pids.join(", ")}`;
  return [
    [
      "Generator",
      `${hostname}: ${countOf(cores, "core")} (${cpuModel}), ${formatBytes(memoryBytes)}, ${platform} ${kernel}; ${countOf(run.plan.workers, "load thread")}, ${run.plan.precision}`,
    ],
    ["Sampled", `${pids} (${run.target.found})`],
    ["Versions", `Peakproof ${run.version}, Node ${node}`],
    ["Git revision", run.gitRevision === null ? "unknown" : html`<code>${run.gitRevision}</code>`],
    ["Started", `${formatInstant(run.startedAt)}, t = 0 of everything above`],
  ];
}
