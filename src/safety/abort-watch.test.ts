import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultAbortRules, parseAbortRules } from "./abort-rules.ts";
import { AbortWatch, type Ended, type WatchedSecond } from "./abort-watch.ts";

const context = { operations: ["scan", "report"], hasLanes: true, hasMetrics: true };
const watchOf = (...rules: string[]): AbortWatch => new AbortWatch(parseAbortRules(rules, context));

/** Requests of one second: `slow` are answered after 10 s, the rest at once. */
function ended(count: number, { errors = 0, unanswered = 0, slow = 0 } = {}): Ended {
  return { count, errors, unanswered, slowerThan: (limitUs) => (limitUs < 10_000_000 ? slow : 0) };
}

function second(at: number, all: Ended, rest: Partial<WatchedSecond> = {}): WatchedSecond {
  return { t: at * 1_000_000, all, operations: new Map(), lanes: null, ...rest };
}

/** Instant, in seconds, at which the rule has fired: the end of the second that was judged; null: never. */
function firesAt(watch: AbortWatch, seconds: readonly Ended[], from = 0): number | null {
  const at = seconds.findIndex((all, index) => watch.second(second(from + index, all)) !== null);
  return at === -1 ? null : from + at + 1;
}

const many = (seconds: number, each: Ended): Ended[] => Array.from({ length: seconds }, () => each);
const lane = (keptUs: number | null) => ({ lanes: { connectUs: null, freshUs: null, keptUs } });

describe("a rule on errors", () => {
  it("fires as soon as its window has been seen in full", () => {
    expect(firesAt(watchOf("errors > 50% for 5s"), many(20, ended(100, { errors: 60 })))).toBe(5);
  });

  it("does not fire at its limit, only above", () => {
    expect(firesAt(watchOf("errors > 50% for 5s"), many(20, ended(100, { errors: 50 })))).toBeNull();
  });

  it("fires within its window and 3 s of the instant at which everything begins to fail, at any time", () => {
    const watch = watchOf("errors > 90% for 5s");
    const good = many(30, ended(100));
    expect(firesAt(watch, [...good, ...many(10, ended(100, { errors: 100 }))])).toBeLessThanOrEqual(30 + 5 + 3);
  });

  it("takes a short blip for what it is", () => {
    const blip = [...many(10, ended(100)), ...many(2, ended(100, { errors: 100 })), ...many(10, ended(100))];
    expect(firesAt(watchOf("errors > 50% for 5s"), blip)).toBeNull();
  });

  it("does not fire for one failure of three requests, nor for nineteen of nineteen in a window", () => {
    expect(firesAt(watchOf("errors > 1% for 5s"), [ended(3, { errors: 1 }), ...many(20, ended(0))])).toBeNull();
    expect(firesAt(watchOf("errors > 1% for 5s"), [ended(19, { errors: 19 }), ...many(20, ended(0))])).toBeNull();
    expect(firesAt(watchOf("errors > 1% for 5s"), [ended(100, { errors: 2 }), ...many(20, ended(0))])).toBeNull();
    expect(firesAt(watchOf("errors > 1% for 5s"), [ended(20, { errors: 20 }), ...many(20, ended(0))])).toBe(5);
  });

  it("counts the requests of its own operation alone", () => {
    const watch = watchOf("scan errors > 50% for 2s");
    const scan = (of: Ended) => ({ operations: new Map([["scan", of]]) });
    expect(watch.second(second(0, ended(100, { errors: 100 }), scan(ended(50))))).toBeNull();
    expect(watch.second(second(1, ended(100, { errors: 100 }), scan(ended(50))))).toBeNull();
    expect(watch.second(second(2, ended(100), scan(ended(50, { errors: 50 }))))).toBeNull();
    expect(watch.second(second(3, ended(100), scan(ended(50, { errors: 50 }))))).toBe(
      '"scan errors > 50% for 2s": 100 % of 100 requests failed or were refused',
    );
  });

  it("begins with the load, however long it is waited for", () => {
    expect(firesAt(watchOf("errors > 50% for 5s"), [...many(60, ended(0)), ...many(9, ended(100, { errors: 100 }))])).toBe(65);
  });
});

describe("a rule on a percentile", () => {
  it("fires where more than its share took longer", () => {
    expect(firesAt(watchOf("p99 > 5s for 3s"), many(9, ended(1_000, { slow: 11 })))).toBe(3);
    expect(firesAt(watchOf("p99 > 5s for 3s"), many(9, ended(1_000, { slow: 10 })))).toBeNull();
    expect(firesAt(watchOf("p99 > 10s for 3s"), many(9, ended(1_000, { slow: 1_000 })))).toBeNull();
  });

  it("counts what was never answered as slower than anything", () => {
    expect(firesAt(watchOf("p50 > 5s for 3s"), many(9, ended(100, { errors: 60, unanswered: 60 })))).toBe(3);
  });
});

describe("a rule on the lane", () => {
  it("fires for a lane that is slow, fails, or stays without an answer for longer than its limit", () => {
    for (const us of [2_000_000, -1]) {
      const watch = watchOf("lane p50 > 1s for 5s");
      const said = Array.from({ length: 6 }, (_, at) => watch.second(second(at, ended(9), lane(us))));
      expect(said.map((reason) => reason !== null)).toEqual([false, false, false, false, true, true]);
    }
    const silent = watchOf("lane p50 > 1s for 5s");
    silent.second(second(0, ended(9), lane(900)));
    const said = Array.from({ length: 8 }, (_, at) => silent.second(second(at + 1, ended(9), lane(null))));
    expect(said.findIndex((reason) => reason?.includes("does not answer"))).toBe(3);
  });

  it("is content with a lane that hiccups once", () => {
    const watch = watchOf("lane p99 > 1s for 5s");
    const said = Array.from({ length: 20 }, (_, at) => watch.second(second(at, ended(9), lane(at === 7 ? -1 : 800))));
    expect(said.filter((reason) => reason !== null)).toEqual([]);
  });
});

describe("a rule on a metric", () => {
  const sample = (at: number, signal: string, value: number) => ({ t: at * 1_000_000, source: "app", signal, value });

  it("fires once every sample of its window was over the limit, the series' other labels aside", () => {
    const watch = watchOf('untagged http_seconds{purpose="real"} > 0.5 for 3s');
    const series = 'metric:http_seconds{quantile="0.99",purpose="real"}';
    const said = [0.4, 0.9, 0.9, 0.4, 0.9, 0.9, 0.9].map((value, at) => watch.vital(sample(at, series, value)));
    expect(said.map((reason) => reason !== null)).toEqual([false, false, false, false, false, false, true]);
    expect(said.at(-1)).toMatch(/^untagged traffic degraded: "untagged .*": http_seconds is 0.9$/);
  });

  it("is not misled by another series, another label, or a value that looks like a label", () => {
    const watch = watchOf('metric depth{queue="a"} > 1 for 1s');
    const others = [
      'metric:depth{queue="b"}',
      'metric:depths{queue="a"}',
      "metric:depth",
      String.raw`metric:depth{x=",queue=\"a\""}`,
    ];
    for (let at = 0; at < 5; at++) for (const signal of others) expect(watch.vital(sample(at, signal, 99))).toBeNull();
    expect(watch.unseen()).toEqual(['metric depth{queue="a"} > 1 for 1s']);
    expect(watch.vital(sample(6, 'metric:depth{queue="a"}', 99))).not.toBeNull();
    expect(watch.unseen()).toEqual([]);
  });

  it("takes the worst of several series of one scrape", () => {
    const watch = watchOf("metric depth > 10 for 2s");
    const both = (at: number) => [1, 99].map((value, of) => watch.vital(sample(at, `metric:depth{of="${of}"}`, value)));
    expect([...both(0), ...both(1)].map((reason) => reason !== null)).toEqual([false, false, false, true]);
  });

  it("waits for its whole window again after the page was away for as long", () => {
    const watch = watchOf("metric depth > 10 for 10s");
    expect(watch.vital(sample(0, "metric:depth", 1))).toBeNull();
    const firesAt = Array.from({ length: 20 }, (_, at) => 30 + at).find(
      (at) => watch.vital(sample(at, "metric:depth", 99)) !== null,
    );
    expect(firesAt).toBe(39);
  });

  it("may also be a floor", () => {
    const watch = watchOf("metric healthy < 2 for 1s");
    expect(watch.vital(sample(0, "metric:healthy", 2))).toBeNull();
    expect(watch.vital(sample(1, "metric:healthy", 1))).not.toBeNull();
  });
});

describe("a rule on a histogram", () => {
  /** Scrapes of one series: by second, how many observations took up to 0.1 s, 0.5 s, 1 s, and longer. */
  function firesInSecond(watch: AbortWatch, seconds: readonly (readonly number[])[], instance = "a"): number {
    const bounds = ["0.1", "0.5", "1", "+Inf"];
    const cumulative = [0, 0, 0, 0];
    return seconds.findIndex((observed, at) => {
      const up = watch.vital({ t: at * 1_000_000, source: "app", signal: "scrape.up", value: 1 });
      for (const [of, count] of observed.entries()) for (let bound = of; bound < 4; bound++) cumulative[bound]! += count;
      for (const [of, le] of bounds.entries()) {
        const signal = `metric:http_seconds_bucket{purpose="real",instance="${instance}",le="${le}"}`;
        expect(watch.vital({ t: at * 1_000_000, source: "app", signal, value: cumulative[of]! })).toBeNull();
      }
      return up !== null;
    });
  }

  const rule = 'untagged http_seconds{purpose="real"} p90 > 0.5s for 3s'.replace("0.5s", "500ms");
  const fine = Array.from({ length: 30 }, () => [100, 9, 0, 0]);
  const slow = Array.from({ length: 9 }, () => [10, 9, 3, 0]);

  it("fires by what was observed within its window, and within 3 s of that", () => {
    const fires = firesInSecond(watchOf(rule), [...fine, ...slow]);
    expect(fires).toBeGreaterThan(fine.length);
    expect(fires).toBeLessThanOrEqual(fine.length + 3 + 3);
    expect(firesInSecond(watchOf(rule), fine)).toBe(-1);
  });

  it("is not misled by what a long history holds, nor by too few observations", () => {
    const few = Array.from({ length: 9 }, () => [1, 0, 2, 0]);
    expect(firesInSecond(watchOf(rule), [[0, 0, 0, 100_000], ...fine])).toBe(-1);
    expect(firesInSecond(watchOf(rule), [[1, 0, 0, 0], ...few])).toBe(-1);
  });

  it("says that it watches nothing where the page has no such histogram", () => {
    const watch = watchOf('metric http_seconds{purpose="other"} p90 > 1s for 3s');
    expect(firesInSecond(watch, slow)).toBe(-1);
    expect(watch.unseen()).toHaveLength(1);
  });
});

it("never fires where nothing fails, and always in time where everything does, at any rate from 20 in a window", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.array(fc.integer({ min: 20, max: 5_000 }), { minLength: 40, maxLength: 60 }),
      (window, rates) => {
        const rule = `errors > 99% for ${window}s`;
        expect(
          firesAt(
            watchOf(rule),
            rates.map((rate) => ended(rate)),
          ),
        ).toBeNull();
        expect(
          firesAt(
            watchOf(rule),
            rates.map((rate) => ended(rate, { errors: rate })),
          ),
        ).toBe(window);
      },
    ),
  );
});

it("the rules for a scenario that says nothing bear an overload in which a few are still answered", () => {
  expect(firesAt(watchOf(...defaultAbortRules), many(300, ended(500, { errors: 494 })))).toBeNull();
  expect(firesAt(watchOf(...defaultAbortRules), many(300, ended(500, { errors: 500 })))).toBe(30);
});
