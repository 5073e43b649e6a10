import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { analyze, gradeValidity } from "../../analysis/index.ts";
import { recordOf, type World } from "../../test/record-builder.ts";
import type { CleanupEntry } from "../model/cleanup.ts";
import type { RunRecord } from "../model/record.ts";
import { renderReport, type ReportInput } from "./report.ts";
import { enhanceScript } from "./script.ts";
import { buildSummary } from "./summary.ts";

const sweep: CleanupEntry = {
  at: "2026-11-21T01:55:00.000Z",
  plan: {
    runId: "20260101-0000-test",
    created: 1_200,
    unknown: 3,
    kind: "http",
    url: "DELETE http://127.0.0.1:8461/synthetic/20260101-0000-test",
    tokenFrom: "PEAKPROOF_TOKEN",
    batch: 500,
    settleUs: 1_000_000,
    reason: null,
  },
  dryRun: false,
  before: { store: 1_190, cache: 3, queue: 12 },
  deleted: 1_205,
  batches: 3,
  residue: 0,
  untagged: "unchanged",
  untaggedBefore: { count: 5_000, checksum: "9f3a01bcdd11e200" },
  untaggedAfter: { count: 5_000, checksum: "9f3a01bcdd11e200" },
  tombstoned: true,
  verified: true,
  problems: [],
};

const small: Partial<World> = { holdSec: 4, warmupSec: 1 };

function inputOf(record: RunRecord, entries: readonly CleanupEntry[] = [sweep]): ReportInput {
  const verdict = analyze(record);
  const validity = record.run.validity ?? gradeValidity(record);
  const exit = { exitCode: 0, exitReasons: [] };
  const summary = buildSummary({ record, verdict, validity, cleanup: entries.at(-1) ?? null, exit });
  return { record, verdict, summary, cleanupEntries: entries };
}

const pageOf = (record: RunRecord, entries?: readonly CleanupEntry[]): string => renderReport(inputOf(record, entries));

/** What JavaScript prints where a value is missing or of the wrong kind. */
const slips = (page: string): string[] => shown(page).match(/.{0,60}(?:NaN|Infinity|undefined|\[object).{0,20}/g) ?? [];

/** What the page shows besides its style sheet and script. */
const shown = (page: string): string => page.replace(/<style>.*?<\/style>/s, "").replace(/<script>.*?<\/script>/s, "");

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
      "cleanup",
      "errors",
      "making",
    ];
    expect(ids).toEqual(order);
  });

  it("describes each picture in words and gives its numbers as a table", () => {
    for (const id of ["capacity", "percentiles", "timeline", "machine"]) {
      const figure = new RegExp(`<figure id="${id}">.*?</figure>`, "s").exec(page)?.[0] ?? "";
      expect(figure).toContain(`aria-labelledby="${id}-wide-title ${id}-wide-desc"`);
      expect(figure).toMatch(/<title id="\w+-wide-title">[^<]+<\/title>\s*<desc id="\w+-wide-desc">[^<]+<\/desc>/);
      expect(figure).toMatch(/<details.*<tbody>\s*<tr/s);
    }
  });

  it("draws with attributes, so that it shows where style sheets are blocked", () => {
    const bare = [...shown(page).matchAll(/<(path|rect|circle|text)\b[^>]*>/g)].filter(([tag]) => !/ (fill|stroke)="/.test(tag));
    expect(bare).toEqual([]);
  });

  it("keeps the narrow drawings hidden where style sheets are blocked", () => {
    expect(page.match(/<div class="narrow" hidden>/g)).toHaveLength(4);
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
      "tombstoned",
      "verified",
      "PEAKPROOF_TOKEN",
    ])
      expect(section).toContain(text);
  });

  it("says how to make the run again, and how to sweep it again", () => {
    expect(page).toContain("peakproof run scenarios/health-code-mixed.ts --target http://127.0.0.1:8460 --seed 1 --peak 200");
    expect(page).toContain("<pre>peakproof cleanup runs/20260101-0000-test</pre>");
  });
});

describe("a hostile record", () => {
  const evil = `"><script>alert('x')</script><img src=x onerror=alert(1)>\`&amp;\u202e\u0000`;
  /** Words that decide which branch is taken; all other text is replaced. */
  const structural = new Set(["role", "event", "why", "kind", "how", "grade", "signal", "source"]);

  function poisoned(value: unknown, key = ""): unknown {
    if (typeof value === "string") return structural.has(key) ? value : evil;
    if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
    if (value instanceof Map || typeof value !== "object" || value === null) return value;
    if ("percentile" in value) return value;
    const isMap = ["errors", "statuses", "labels", "variables", "before", "thirdParties", "operations", "perOperation"].includes(
      key,
    );
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [isMap ? name + evil : name, poisoned(own, name)]));
  }

  const record = recordOf({ ...small, quotaPerSec: 300 });
  const sample = {
    t: 1e6,
    why: "error",
    key: "status:429",
    step: 1,
    operation: "scan",
    request: "GET /",
    status: 429,
    responseUs: 10,
    traceId: "1",
    reply: "no",
  };
  const slow = { ...sample, why: "slow", key: null };
  const input = inputOf({ ...record, problems: [{ file: "run.json", problem: "torn" }] });
  const bad = {
    ...(poisoned({ ...input, record: { ...input.record, samples: [sample, slow] } }) as ReportInput),
  };
  const page = renderReport({ ...bad, record: { ...bad.record, latency: record.latency } });

  it("cannot bring in an element or an attribute", () => {
    const visible = shown(page);
    expect(visible).toContain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    expect(visible).not.toContain("<script");
    expect(visible).not.toContain("<img");
    expect(visible.replace(/="[^"]*"/g, "")).not.toMatch(/<[^>]*onerror/);
  });

  it("cannot turn the direction of writing or hide control characters", () => {
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(page).not.toMatch(/[\u0000\u202e]/);
  });

  it("leaves the page's one script and policy as they are", () => {
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page.match(/Content-Security-Policy/g)).toHaveLength(1);
  });

  it("does not make us run or draw numbers that are none", () => {
    const point = record.series[3];
    const odd = [
      { ...point, t: 1e18, due: "many", lanes: "none", errors: null, p50: {} },
      { ...point, t: 2e6, due: "many", lanes: 7, errors: "x", p50: [] },
      { t: null },
    ] as never[];
    const vitals = [
      { t: Number.NaN, source: 7, signal: null, value: "x" },
      { t: 1e6, source: 7, signal: "cpu.cores", value: 1 },
      { t: 1e6, source: "host", signal: "busy.share", value: "all" },
    ] as never[];
    const events = [{ t: 0, event: "process" }, { t: 0, event: "process", process: { pid: {}, name: 7 } }, {}] as never[];
    const samples = [
      { why: "error" },
      { t: 1, why: "error" },
      { t: 1, why: "slow", reply: { a: 1 }, request: 9, status: "x" },
    ] as never[];
    const odder = {
      ...record,
      series: [...record.series, ...odd],
      vitals: [...record.vitals, ...vitals],
      events: [...record.events, ...events],
      samples,
    };
    expect(slips(renderReport({ ...inputOf(record), record: odder }))).toEqual([]);
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
