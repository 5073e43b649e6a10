import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Progress } from "../model/progress.ts";
import { renderLive, renderQuietLine } from "./live.ts";
import { widthOf } from "./text-width.ts";

const progress: Progress = {
  phase: "load",
  note: null,
  step: { role: "step", multiple: 3, number: 3, of: 5 },
  duePerSec: 600,
  sentPerSec: 600,
  retriesPerSec: 0,
  okPerSec: 597.4,
  errorsPerSec: 2,
  errorsTotal: 1_234,
  p50Us: 2_310,
  p99Us: 45_600,
  lagP99Us: 600,
  inFlight: 23,
  elapsedUs: 42e6,
  totalUs: 90e6,
};

describe("renderLive", () => {
  it("says where the run is, how long it still takes, and how the last second went", () => {
    const block = renderLive(progress, 80, false);
    expect(block.split("\n")[0]).toBe("load, step 3 of 5: 3x");
    for (const text of [
      "47 %, 48 s left",
      "due 600/s",
      "ok 597/s",
      "errors 2/s (1,234 in all)",
      "p99 45.6 ms",
      "lag p99 600 us",
      "in flight 23",
    ])
      expect(block).toContain(text);
  });

  it("shows retries where there are any", () => {
    expect(renderLive(progress, 80, false)).not.toContain("retries");
    expect(renderQuietLine({ ...progress, retriesPerSec: 41 })).toContain("sent 600/s, retries 41/s, ok 597/s");
  });

  it("names a ramp by where it goes", () => {
    const block = renderLive({ ...progress, step: { role: "ramp", multiple: 5, number: 4, of: 5 } }, 80, false);
    expect(block.split("\n")[0]).toBe("load, step 4 of 5: ramp to 5x");
  });

  it("is never wider than the terminal, whatever is noted", () => {
    fc.assert(
      fc.property(fc.integer({ min: 21, max: 200 }), fc.string({ unit: "binary" }), fc.boolean(), (width, note, colours) => {
        const lines = renderLive({ ...progress, note }, width, colours).split("\n");
        for (const line of lines) expect(widthOf(line)).toBeLessThan(width);
      }),
    );
  });

  it("cuts a Chinese note between two characters", () => {
    const block = renderLive({ ...progress, phase: "prepare", note: "10,000 位居民的健康码数据", totalUs: 0 }, 36, false);
    expect(block).toBe("preparing rows: 10,000 位居民的健…");
  });

  it("draws no figures outside the load, and a bar that is full at the end", () => {
    const block = renderLive({ ...progress, phase: "cleanup", note: "500 rows", step: null, elapsedUs: 91e6 }, 60, false);
    expect(block).not.toContain("due");
    expect(block).toMatch(/^cleaning up: 500 rows\n█+ 100 %, done$/);
  });

  it("colours only where it is asked to", () => {
    const escape = "\u001b[";
    expect([renderLive(progress, 80, true).includes(escape), renderLive(progress, 80, false).includes(escape)]).toEqual([
      true,
      false,
    ]);
  });
});

describe("renderQuietLine", () => {
  it("is one line, whatever is noted", () => {
    const line = renderQuietLine({ ...progress, note: "a\nb\u001b[2J" });
    expect(line).toBe(
      "[42 s] load: a b, step 3 of 5: 3x: due 600/s, sent 600/s, ok 597/s, errors 2/s (1,234 in all), " +
        "p50 2.31 ms, p99 45.6 ms, lag p99 600 us, in flight 23",
    );
  });

  it("says - for what was not measured", () => {
    expect(renderQuietLine({ ...progress, p50Us: null, lagP99Us: null })).toMatch(/p50 -, .*lag p99 -/);
  });
});
