import { describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { runOf010 } from "../../test/record-earlier.ts";
import { pageOf, slips } from "../../test/report-input.ts";
import type { RunRecord } from "../model/record.ts";
import { asOfToday } from "../record/earlier.ts";

describe("the report of a run in stages", () => {
  const journeys = [{ name: "sign-up", weight: 1, steps: [{ operation: 0, thinkUs: [0, 0] as const }] }];
  const stages = [
    { multiple: 1, rampSec: 3, holdSec: 4 },
    { multiple: 3, rampSec: 0, holdSec: 4 },
    { multiple: 1, rampSec: 3, holdSec: 4 },
    { multiple: 3, rampSec: 0, holdSec: 4 },
  ];
  const record = recordOf({ stages, journeys, quotaPerSec: 500, retries: 1, warmupSec: 1, calibrated: true });
  const page = pageOf(record);
  const part = (from: string, to: string): string => page.slice(page.indexOf(from), page.indexOf(to, page.indexOf(from)));
  const rowHeads = (text: string): string[] =>
    [...text.matchAll(/<th scope="row">(.*?)<\/th>/gs)].map(([, head = ""]) => head.replace(/<[^>]*>/g, "").trim());

  it("has no ramp in its tables of steps, and tells steps of one multiple apart", () => {
    expect(rowHeads(part(`id="capacity"`, "</figure>"))).toEqual(["1x", "3x", "1x (2nd)", "3x (2nd)"]);
    expect(rowHeads(part(`id="time-spent"`, "</figure>"))).toEqual(["1x", "3x", "1x (2nd)", "3x (2nd)"]);
  });

  it("has its ramps in the timeline and in the list of what was done", () => {
    expect(part(`id="timeline"`, "</figure>")).toContain("<title>ramp to 1x (2nd)</title>");
    expect(part(`id="making"`, "</dl>")).toContain("ramp to 1x (2nd) from 600 to 200/s in 3 s");
  });

  it("says only once where it breaks", () => {
    expect(part(`id="capacity-wide-title"`, "</svg>").match(/>breaks( here)?</g)).toHaveLength(1);
  });

  it("counts journeys, and what clients tried again", () => {
    const step = record.run.steps.findLast(({ role, multiple }) => role === "step" && multiple === 3);
    const { started = 0, broken = 0 } = step?.tally?.journeys?.["sign-up"] ?? {};
    expect(part(`<section id="journeys"`, "</section>")).toContain(`<td class="n">${started}</td>`);
    expect(broken).toBeGreaterThan(0);
    const retries = part(`id="retries"`, "</table>");
    expect(retries).toMatch(/<code>status:429<\/code> \d/);
    expect(retries).toMatch(/<td class="n">1\.\d\d<\/td>/);
  });

  it("checks itself: what was lost, both accounts of what was under way, the generator by itself", () => {
    const validity = part(`<section id="validity"`, "</section>");
    expect(validity).toContain("the difference is loss (RFC 9971)");
    expect(validity).toContain("they differ by");
    expect(validity).not.toMatch(/λ|\bL,/);
    expect(validity).toContain("up to 40,000 requests/s, at 20 us of CPU per request");
  });

  it("has an entry in its contents for each section that it has", () => {
    const entries = [...part("<nav", "</nav>").matchAll(/href="#([\w-]+)"/g)].map(([, id]) => id);
    const sections = [...page.matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id);
    expect(entries).toEqual(sections);
    expect(sections).toContain("journeys");
  });

  it("prints no number that is none", () => {
    expect(slips(page)).toEqual([]);
  });
});

describe("the report of a spike", () => {
  const held = [1, 5, 1].map((multiple) => ({ multiple, rampSec: 0, holdSec: 6 }));
  const page = pageOf(recordOf({ stages: held, warmupSec: 0, capacityPerSec: 400 }));

  it("goes by the hold before it, shows that the one after it did badly, and says why", () => {
    expect(page).toContain("Every limit was met up to 200 requests/s; at 1,000 requests/s it no longer held.");
    expect(page).toContain('<span class="t-bad">1x (2nd)</span>');
    expect(page).toContain("1x had not recovered after 5x.");
  });
});

describe("the report of a record of version 0.1.0", () => {
  const today = recordOf({ holdSec: 4, warmupSec: 1 });
  const old: RunRecord = { ...today, run: asOfToday(runOf010), series: [], vitals: [], events: [], latency: new Map() };
  const page = pageOf(old, []);

  it("shows what there is and says nothing of what there was not yet", () => {
    expect(page).toContain("http://127.0.0.1:8460");
    for (const id of ["journeys", "retries", "time-spent"]) expect(page).not.toContain(`id="${id}"`);
    expect(page).not.toContain("Little's law");
    expect(page).toContain("It was not tried before this run");
    expect(slips(page)).toEqual([]);
  });
});
