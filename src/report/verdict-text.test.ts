import { describe, expect, it } from "vitest";
import { analyze } from "../../analysis/index.ts";
import { recordOf } from "../../test/record-builder.ts";
import type { Summary } from "../model/summary.ts";
import { buildSummary } from "./summary.ts";
import { widthOf } from "./text-width.ts";
import { findingsText, renderVerdict } from "./verdict-text.ts";

const record = recordOf({ quotaPerSec: 500, holdSec: 6 });
const { plan } = record.run;
const verdict = analyze(record);
const cleaned = { created: 10, unknown: 1, deleted: 11, residue: 0, untagged: "unchanged", verified: true } as const;
const summary: Summary = {
  ...buildSummary({
    record,
    verdict,
    validity: { grade: "valid", reasons: [] },
    cleanup: null,
    exit: { exitCode: 3, exitReasons: ["budget missed at 3x"] },
  }),
  cleanup: cleaned,
};

/** Lines that hold a path are never cut, so that it can be copied. */
const isPath = (line: string): boolean => /^(?:Report|Record): /.test(line);

describe("renderVerdict", () => {
  const text = renderVerdict(summary, plan, 100, false);

  it("begins with the answer and ends with where to read on", () => {
    const lines = text.split("\n");
    expect(lines[0]).toBe("✘ Breaks at 3x");
    expect(lines[1]).toContain("Holds 2x peak");
    expect(lines.slice(-2)).toEqual(["Report: runs/20260101-0000-test/report.html", "Record: runs/20260101-0000-test"]);
  });

  it("shows attempts and journeys where there are any", () => {
    expect(text).not.toMatch(/attempts|Journey/);
    const journeys = [{ name: "sign-up\u001b[2J", weight: 1, steps: [{ operation: 0, thinkUs: [0, 0] as const }] }];
    const stages = [3, 3].map((multiple) => ({ multiple, rampSec: 1, holdSec: 3 }));
    const staged = recordOf({ stages, journeys, quotaPerSec: 400, retries: 2, warmupSec: 0 });
    const exit = { exitCode: 0, exitReasons: [] };
    const validity = { grade: "valid", reasons: [] } as const;
    const told = renderVerdict(
      buildSummary({ record: staged, verdict: analyze(staged), validity, cleanup: null, exit }),
      plan,
      100,
      false,
    );
    expect(told).toMatch(/^3x \(2nd\) +600\/s +\S+ % +\S+ % +1\.\d\d /m);
    expect(told).toMatch(/^Journey sign-up, completed of started\n {2}3x: \d+ of \d+ {3}3x \(2nd\): \d+ of \d+$/m);
    expect(told).not.toMatch(/ramp/);
  });

  it("has a row per step, the first finding with its evidence and advice, budgets, cleanup, validity and exit", () => {
    expect(text).toMatch(/^5x +1,000\/s/m);
    expect(text).toMatch(/^problem: RATE_QUOTA \(confidence/m);
    expect(text).toMatch(/^ {2}- refused .* against/m);
    expect(text).toMatch(/^ {2}> \w/m);
    expect(text).toMatch(/^ {2}✔ 1x: .* ✘ 3x: never$/m);
    expect(text).toContain("✔ Cleanup verified: 10 created, 1 unknown, 11 deleted, 0 left; other rows unchanged");
    expect(text).toContain("Exit code 3 (a budget missed)\n  - budget missed at 3x");
  });

  it.each([40, 60, 80, 200])("is no wider than %i cells", (width) => {
    const lines = renderVerdict(summary, plan, width, true).split("\n");
    expect(lines.filter((line) => !isPath(line) && widthOf(line) >= Math.max(41, width))).toEqual([]);
  });

  it("says of a budget that a hold had not recovered from a higher one", () => {
    const stages = [1, 5, 1].map((multiple) => ({ multiple, rampSec: 0, holdSec: 6 }));
    const spike = recordOf({ stages, warmupSec: 0, capacityPerSec: 400, budgets: ["response p90 <= 200ms up to 1x"] });
    const { budgets } = analyze(spike);
    expect(renderVerdict({ ...summary, budgets }, plan, 100, false)).toMatch(
      /^ {2}✔ 1x: \S+ ms {3}– 1x \(2nd\): not recovered from 5x$/m,
    );
  });

  it("prints no escape sequence that came from the target", () => {
    const finding = verdict.findings[0];
    if (finding === undefined) throw new Error("the analysis found nothing");
    const evil = "\u001b]0;owned\u0007\u001b[2J";
    const evidence = [{ signal: evil, measured: 1, threshold: null, unit: "x", window: evil }];
    const hostile = { ...summary, dir: `runs/${evil}`, exitReasons: [evil], findings: [{ ...finding, advice: evil, evidence }] };
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(renderVerdict(hostile, plan, 100, false)).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it("says what is missing: no steps, no cleanup, a run that is not valid", () => {
    const bare: Summary = {
      ...summary,
      steps: [],
      findings: [],
      budgets: [],
      cleanup: null,
      validity: { grade: "invalid", reasons: ["the generator was late"] },
    };
    const text = renderVerdict(bare, plan, 100, false);
    expect(text).toContain("– Not valid");
    expect(text).toContain("No step was begun.");
    expect(text).toContain("Cleanup: none. To sweep what the run left: peakproof cleanup runs/20260101-0000-test");
    expect(text).toContain("Validity: invalid\n  - the generator was late");
  });
});

describe("the cleanup of a run", () => {
  const reason = "the target is thrown away";
  const none = { ...plan, cleanup: { none: reason } };
  const unswept = { ...cleaned, deleted: 0, residue: null, untagged: "not-checked", verified: false } as const;

  it("is no failure where the scenario wants none, and the reason is said", () => {
    const told = renderVerdict({ ...summary, cleanup: unswept }, none, 100, false);
    expect(told).toMatch(/^– Cleanup: the scenario wants none \(the target is thrown away\): 10 created, 1 unknown$/m);
    expect(told).not.toContain("verified");
    expect(renderVerdict({ ...summary, cleanup: null }, none, 100, false)).toMatch(
      /^– Cleanup: the scenario wants none \(.*\)$/m,
    );
  });

  const nothing = { created: 0, unknown: 0, deleted: 0, residue: 0, untagged: "not-checked", verified: true } as const;
  const told = (canaries: Summary["canaries"], rules = plan): string =>
    renderVerdict({ ...summary, cleanup: nothing, ...(canaries === undefined ? {} : { canaries }) }, rules, 200, false);

  it("had nothing to do only where the handshake wrote nothing either", () => {
    expect(told(undefined)).toMatch(/^✔ Nothing was written, so nothing had to be removed$/m);
    const removed = told({ written: 2, left: 0 });
    expect(removed).toMatch(/^✔ Nothing but canaries was written, so nothing else had to be removed$/m);
    expect(removed).toMatch(/^✔ Handshake: 2 writes, nothing left under their tags$/m);
  });

  it("says of canaries that may be left how to remove them", () => {
    expect(told({ written: 2, left: 1 })).toMatch(
      /^✘ Handshake: 1 of 2 writes not known to be removed; to finish it: peakproof cleanup /m,
    );
    expect(told({ written: 2, left: 0 }, none)).toMatch(/^– Handshake: 2 writes, left there as well$/m);
  });

  it("is not verified where the scenario says nothing", () => {
    expect(renderVerdict({ ...summary, cleanup: unswept }, plan, 100, false)).toMatch(/^✘ Cleanup not verified: 10 created/m);
  });

  it("is asked for with --insecure where the run verified no certificate", () => {
    const connections = { ...plan.connections, tls: { ...plan.connections.tls, verify: false } };
    const insecure = { ...plan, admin: "https://health.example", connections };
    expect(renderVerdict({ ...summary, cleanup: null }, insecure, 100, false)).toContain(
      "peakproof cleanup runs/20260101-0000-test --insecure",
    );
  });
});

describe("findingsText", () => {
  it("says what was found, what was ruled out and what could not be judged", () => {
    const text = findingsText(verdict, 100, false);
    expect(text).toMatch(/^✘ Breaks at 3x\n/);
    expect(text).toContain("problem: RATE_QUOTA");
    expect(text).toMatch(/^Ruled out\n {2}\w/m);
  });
});
