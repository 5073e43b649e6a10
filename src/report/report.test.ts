import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { recordOf, type World } from "../../test/record-builder.ts";
import { inputOf, pageOf, shown, slips, sweep } from "../../test/report-input.ts";
import type { RunRecord } from "../model/record.ts";
import { renderReport } from "./report.ts";
import { enhanceScript } from "./script.ts";

const small: Partial<World> = { holdSec: 4, warmupSec: 1 };

describe("the report of a run that breaks", () => {
  const input = inputOf(recordOf({ capacityPerSec: 700, noise: 0.1 }));
  const page = renderReport(input);

  it("gives the answer in its heading, with a word beside the colour", () => {
    expect(page).toMatch(/<p class="state bad">.*?<span>Breaks at 5x<\/span>/s);
    expect(page).toMatch(/<h1>Holds 3x peak/);
  });

  it("has its sections in the order of the questions", () => {
    const ids = [...page.matchAll(/<section id="([\w-]+)"/g)].map((match) => match[1]);
    const order = [
      "capacity-section",
      "latency-section",
      "timeline-section",
      "findings",
      "budgets",
      "third-parties",
      "cleanup",
      "errors",
      "validity",
      "making",
    ];
    expect(ids).toEqual(order);
  });

  it("describes each picture in words and gives its numbers as a table", () => {
    for (const id of ["capacity", "percentiles", "time-spent", "timeline", "machine"]) {
      const figure = new RegExp(`<figure id="${id}">.*?</figure>`, "s").exec(page)?.[0] ?? "";
      expect(figure).toContain(`aria-labelledby="${id}-wide-title ${id}-wide-desc"`);
      expect(figure).toMatch(/<title id="[\w-]+-wide-title">[^<]+<\/title>\s*<desc id="[\w-]+-wide-desc">[^<]+<\/desc>/);
      expect(figure).toMatch(/<details.*<tbody>\s*<tr/s);
    }
  });

  it("draws with attributes, so that it shows where style sheets are blocked", () => {
    const bare = [...shown(page).matchAll(/<(path|rect|circle|text)\b[^>]*>/g)].filter(([tag]) => !/ (fill|stroke)="/.test(tag));
    expect(bare).toEqual([]);
  });

  it("keeps the narrow drawings hidden where style sheets are blocked", () => {
    expect(page.match(/<div class="narrow" hidden>/g)).toHaveLength(5);
  });

  it("gives no coordinate that is no number", () => {
    expect(slips(page)).toEqual([]);
  });

  it("uses each id once", () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("names every id that something refers to", () => {
    const refs = [...page.matchAll(/(?:aria-labelledby|href)="#?([^"]*)"/g)].flatMap((match) => (match[1] ?? "").split(" "));
    const dangling = refs.filter((ref) => !ref.startsWith("data:") && !page.includes(` id="${ref}"`));
    expect(dangling).toEqual([]);
  });

  it("is the same, byte for byte, for the same input", () => {
    expect(renderReport(input)).toBe(page);
  });

  it("lets its own script in by its hash and nothing else", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1]?.replaceAll("&#39;", "'") ?? "";
    const script = /<script>(.*?)<\/script>/s.exec(page)?.[1] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'`);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/\son\w+="/);
  });

  it("asks no one for anything", () => {
    expect(page).not.toMatch(/(?:src|href|action|srcset|poster)="(?!#|data:,)/);
    expect(page).not.toMatch(/url\(|@import/);
    const addresses = [...page.matchAll(/https?:\/\/[^\s<"]+/g)].map(([address]) => address);
    expect(addresses.filter((address) => !address.startsWith("http://127.0.0.1:846"))).toEqual([]);
  });

  it("keeps its script small and away from markup", () => {
    expect(enhanceScript.length).toBeLessThan(20_000);
    expect(enhanceScript).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|eval|<\//);
  });

  it("proves the cleanup: counts before and after, checksums, tombstone", () => {
    const section = /<section id="cleanup">.*?<\/section>/s.exec(page)?.[0] ?? "";
    for (const text of [
      "store 1,190, cache 3, queue 12",
      "1,205",
      "9f3a01bcdd11e200",
      "unchanged",
      "dropped: the run is closed",
      "verified",
      "PEAKPROOF_TOKEN",
    ])
      expect(section).toContain(text);
  });

  it("shows each store of a sweep, what went wrong there, and each row of others that changed", () => {
    const change = {
      place: "store",
      key: "citizen-<3>",
      change: "removed",
      at: null,
      explained: false,
      because: "it is gone",
    } as const;
    const [http] = sweep.stores;
    const cache = { ...http!, name: "redis", verified: false, problems: ["one could not be explained"] };
    const changed = { ...cache, untagged: "changed-by-others", changes: [change], changesTotal: 230, unexplained: 1 } as const;
    const told = pageOf(recordOf(small), [{ ...sweep, verified: false, stores: [http!, changed] }]);
    const section = /<section id="cleanup">.*?<\/section>/s.exec(told)?.[0] ?? "";
    for (const text of [
      "redis: one could not be explained",
      "redis: 230 rows changed, 229 explained one by one. The first 1 are listed.",
      "citizen-&lt;3&gt;",
      "not explained",
      "redis, before the sweep",
    ])
      expect(section).toContain(text);
  });

  it("says how to make the run again, and how to sweep it again", () => {
    expect(page).toContain(
      "peakproof run scenarios/health-code-mixed.ts --target http://127.0.0.1:8460 --admin http://127.0.0.1:8461 --seed 1 --peak 200 --pace poisson",
    );
    expect(page).toContain("<pre>peakproof cleanup runs/20260101-0000-test</pre>");
  });
});

describe("the report of a run whose admin address alone is https", () => {
  const whole = recordOf(small);
  const { plan } = whole.run;
  function pageWhere(verify: boolean): string {
    const connections = { ...plan.connections, tls: { ...plan.connections.tls, verify } };
    return pageOf({ ...whole, run: { ...whole.run, plan: { ...plan, admin: "https://127.0.0.1:8461", connections } } });
  }

  it("says that certificates were not verified", () => {
    const page = pageWhere(false);
    expect(page).toContain("<strong>Insecure:</strong> certificates were not verified");
    expect(page).toContain("certificates were not verified</strong>; none for the load: on the admin address alone");
    expect(page).toContain("<pre>peakproof cleanup runs/20260101-0000-test --insecure</pre>");
  });

  it("says by whom they were verified", () => {
    const page = pageWhere(true);
    expect(page).not.toContain("Insecure:");
    expect(page).toContain("certificates verified against the authorities that Node trusts; none for the load");
  });
});

describe("the report of a run that crashed", () => {
  const whole = recordOf(small);
  const cut: RunRecord = {
    ...whole,
    run: {
      ...whole.run,
      ended: null,
      steps: whole.run.steps.map((step) => {
        if (step.index < 2) return step;
        if (step.index === 2) return { ...step, endUs: null, drainedUs: null, tally: null };
        return { ...step, startUs: null, endUs: null, drainedUs: null, tally: null };
      }),
    },
    series: whole.series.filter(({ t }) => t < 8e6),
    problems: [{ file: "series.ndjson", problem: "1 torn lines passed over" }],
  };

  it("says so at its head, and names the steps that are missing", () => {
    const page = pageOf(cut, []);
    expect(page).toContain("The run has no end");
    expect(page).toContain("3 steps of the plan not reached: 3x, 5x, 1x again.");
    expect(page).toContain("Cut short: 2x.");
    expect(page).toContain("not cleaned");
    expect(page).toContain("<code>series.ndjson</code>: 1 torn lines passed over");
  });

  it("renders with nothing but run.json", () => {
    const bare: RunRecord = { ...cut, series: [], vitals: [], events: [], latency: new Map(), samples: [] };
    const page = pageOf(bare, []);
    expect(page).toContain("No second of this run was recorded");
    expect(page).toContain("No vitals were recorded");
    expect(page).toContain("The record holds no histogram");
    expect(slips(page)).toEqual([]);
  });

  it("renders where no step was begun", () => {
    const steps = cut.run.steps.map((step) => ({ ...step, startUs: null, endUs: null, drainedUs: null, tally: null }));
    const page = pageOf({ ...cut, run: { ...cut.run, steps }, series: [], vitals: [], latency: new Map() }, []);
    expect(page).toContain("No step of this run was begun");
    expect(slips(page)).toEqual([]);
  });
});

describe("the report of a run of hours", () => {
  it("stays small, and keeps the worst second of each row", () => {
    const { series, ...rest } = recordOf(small);
    const first = series[2];
    if (first === undefined) throw new Error("the builder gave no series");
    const long = Array.from({ length: 7_200 }, (_, second) => ({
      ...first,
      t: second * 1e6,
      p99: second === 5_001 ? 9_876_543 : 10_000,
    }));
    const page = pageOf({ ...rest, series: long, vitals: [] });
    expect(page.length).toBeLessThan(1_000_000);
    expect(page).toContain("A row covers 12 seconds");
    expect(page).toContain("9.88 s");
  });
});
