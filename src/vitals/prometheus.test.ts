import fc from "fast-check";
import { Gauge, Histogram, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { maxSeriesRead, parseMetrics } from "./prometheus.ts";

const one = (line: string): unknown => parseMetrics(line).series[0];

describe("a page of Prometheus text", () => {
  it("gives name, labels and value, without comments, timestamps and exemplars", () => {
    const page = parseMetrics(
      [
        "# HELP http_requests_total All requests.",
        "# TYPE http_requests_total counter",
        'http_requests_total{code="200",method="get"} 1027 1395066363000',
        'rpc_bucket { le = "+Inf" , } 17 # {trace_id="a}b"} 0.67 1520879607.7',
        "up 1\r",
        "",
        "# EOF",
      ].join("\n"),
    );
    expect(page).toEqual({
      series: [
        { name: "http_requests_total", labels: { code: "200", method: "get" }, value: 1027 },
        { name: "rpc_bucket", labels: { le: "+Inf" }, value: 17 },
        { name: "up", labels: {}, value: 1 },
      ],
      malformed: 0,
      left: 0,
    });
  });

  it.each([
    ["x +Inf", Infinity],
    ["x -Inf", -Infinity],
    ["x NaN", NaN],
    ["x Nan", NaN],
    ["x 1e-3", 0.001],
    ["x -.5", -0.5],
    ["x 3.", 3],
  ])("reads the value of `%s`", (line, value) => {
    expect(one(line)).toEqual({ name: "x", labels: {}, value });
  });

  it("undoes the three escapes and leaves other backslashes alone", () => {
    expect(one(String.raw`x{a="\\n\"\n\d"} 1`)).toMatchObject({ labels: { a: '\\n"\n\\d' } });
  });

  it("reads quoted names, as Prometheus 3 writes them", () => {
    expect(one('{"http.requests",code="200"} 5')).toEqual({ name: "http.requests", labels: { code: "200" }, value: 5 });
  });

  it.each(["x", "x{", 'x{a="1} 2', "x{a=1} 2", "x1 two", "{} 1", "x 0x10", "x 1 2 3", 'x{"a","b"} 1', "x}1", "<html>"])(
    "counts `%s` as malformed and goes on",
    (line) => {
      expect(parseMetrics(`${line}\nup 1`)).toEqual({ series: [{ name: "up", labels: {}, value: 1 }], malformed: 1, left: 0 });
    },
  );

  it("never throws, whatever comes", () => {
    const hostile = fc.array(fc.constantFrom("x", "{", "}", '"', "\\", ",", "=", " ", "1", "#", "\n", "\u2028", "é"), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(hostile, (parts) => {
        expect(parseMetrics(parts.join("")).left).toBe(0);
      }),
    );
  });

  it("reads a bounded number of series and says how many it left", () => {
    const page = parseMetrics("x 1\n".repeat(maxSeriesRead + 7));
    expect(page.series).toHaveLength(maxSeriesRead);
    expect(page.left).toBe(7);
  });

  it("takes a megabyte that is built to be slow in its stride", () => {
    const megabyte = 1_000_000;
    const before = performance.now();
    for (const line of [
      `x ${"1".repeat(megabyte)}y`,
      `x{${'a="",'.repeat(megabyte / 5)}`,
      `x 1${" ".repeat(megabyte)}y`,
      `x{a="${"\\".repeat(megabyte)}`,
    ]) {
      parseMetrics(line);
    }
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

describe("prom-client's own output", () => {
  const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,20}$/);
  const labels = fc.dictionary(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/), fc.string({ unit: "binary" }), { maxKeys: 4 });
  const value = fc.oneof(fc.double(), fc.integer());

  it("comes back as it went in", async () => {
    await fc.assert(
      fc.asyncProperty(name, labels, value, async (name, labels, value) => {
        const registry = new Registry();
        const gauge = new Gauge({ name, help: "h\n\\", labelNames: Object.keys(labels), registers: [registry] });
        gauge.set(labels, value);
        const page = parseMetrics(await registry.metrics());
        expect(page).toEqual({ series: [{ name, labels, value: value === 0 ? 0 : value }], malformed: 0, left: 0 });
      }),
    );
  });

  it("keeps the parts of a histogram apart", async () => {
    const registry = new Registry();
    const histogram = new Histogram({ name: "gc", help: "h", labelNames: ["kind"], buckets: [0.1, 1], registers: [registry] });
    histogram.observe({ kind: "major" }, 0.5);
    expect(parseMetrics(await registry.metrics()).series).toEqual([
      { name: "gc_bucket", labels: { le: "0.1", kind: "major" }, value: 0 },
      { name: "gc_bucket", labels: { le: "1", kind: "major" }, value: 1 },
      { name: "gc_bucket", labels: { le: "+Inf", kind: "major" }, value: 1 },
      { name: "gc_sum", labels: { kind: "major" }, value: 0.5 },
      { name: "gc_count", labels: { kind: "major" }, value: 1 },
    ]);
  });
});
