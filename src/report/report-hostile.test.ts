import { describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { inputOf, shown, slips } from "../../test/report-input.ts";
import { renderReport, type ReportInput } from "./report.ts";

describe("a hostile record", () => {
  const evil = `"><script>alert('x')</script><img src=x onerror=alert(1)>\`&amp;\u202e\u0000`;
  /** Words that decide which branch is taken; all other text is replaced. */
  const structural = new Set(["role", "event", "why", "kind", "how", "grade", "signal", "source"]);

  /** Records whose keys are names, too. */
  const maps = new Set([
    "errors",
    "statuses",
    "labels",
    "variables",
    "before",
    "thirdParties",
    "operations",
    "perOperation",
    "journeys",
    "retried",
    "resolve",
  ]);

  function poisoned(value: unknown, key = ""): unknown {
    if (typeof value === "string") return structural.has(key) ? value : evil;
    if (Array.isArray(value)) return value.map((item) => poisoned(item));
    if (value instanceof Map || typeof value !== "object" || value === null) return value;
    if ("percentile" in value) return value;
    const isMap = maps.has(key);
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [isMap ? name + evil : name, poisoned(own, name)]));
  }

  const journeys = [{ name: "sign-up", weight: 1, steps: [{ operation: 0, thinkUs: [0, 1e6] as const }] }];
  const staged = [{ multiple: 3, rampSec: 2, holdSec: 4 }];
  const record = recordOf({
    holdSec: 4,
    warmupSec: 1,
    stages: staged,
    journeys,
    quotaPerSec: 300,
    retries: 2,
    https: true,
    calibrated: true,
  });
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
  const { plan } = bad.record.run;
  const connections = {
    ...plan.connections,
    tls: { ...plan.connections.tls, verify: false, ca: evil, serverName: evil, cert: evil },
  };
  const reached = { resolve: { [evil]: evil }, sourceAddresses: [evil], host: evil, proxy: evil };
  const badPlan = { ...plan, targets: [`https://${evil}`, evil], connections: { ...connections, ...reached } };
  const badRun = { ...bad.record.run, plan: badPlan };
  const page = renderReport({ ...bad, record: { ...bad.record, run: badRun, latency: record.latency } });

  it("cannot bring in an element or an attribute", () => {
    const visible = shown(page);
    expect(visible).toContain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    expect(visible).not.toContain("<script");
    expect(visible).not.toContain("<img");
    expect(visible.replace(/="[^"]*"/g, "")).not.toMatch(/<[^>]*onerror/);
  });

  it.each(["journeys", "retries", "time-spent", "validity"])("is shown in full in its part %s", (id) => {
    expect(page).toContain(`id="${id}"`);
  });

  it("still says that certificates were not verified, before anything else", () => {
    expect(page.indexOf("certificates were not verified")).toBeGreaterThan(0);
    expect(page.indexOf("certificates were not verified")).toBeLessThan(page.indexOf("<h1>"));
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
