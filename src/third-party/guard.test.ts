import { describe, expect, it } from "vitest";
import type { ThirdParty } from "../model/safety-rules.ts";
import { unit } from "../model/random.ts";
import { CallGuard, isBeyondChance } from "./guard.ts";

const rules: ThirdParty = { callsPer: { report: 1 }, limitPerSec: 400, notice: "OPS-1" };

interface World {
  readonly rules?: ThirdParty;
  readonly seconds: number;
  /** Reports sent in a second of the load. */
  readonly reportsIn: (second: number) => number;
  /** Calls that the counter shows after so much of the load, given the reports that were sent by then. */
  readonly callsAt: (reports: number, seconds: number) => number;
}

/** Two quiet seconds, then the load; readings at 4 Hz, sent counts once a second. Gives the first verdict and when it came. */
function watch({ rules: own = rules, seconds, reportsIn, callsAt }: World): {
  atSec: number | null;
  verdict: string | null;
  guard: CallGuard;
} {
  const guard = new CallGuard("lab", own);
  let sent = 0;
  for (let quarter = -8; quarter <= seconds * 4; quarter++) {
    const second = Math.floor(quarter / 4);
    const within = sent + (second < 0 ? 0 : (reportsIn(second) * (quarter % 4)) / 4);
    guard.reading({
      askedUs: quarter * 250_000,
      atUs: quarter * 250_000,
      calls: 1_000 + Math.round(callsAt(quarter < 0 ? 0 : within, quarter / 4)),
    });
    if (quarter % 4 === 3 || quarter === -1 || quarter === -5) {
      if (second >= 0) sent += reportsIn(second);
      guard.sent({ untilUs: (second + 1) * 1_000_000, requests: { report: sent, scan: 10 * sent } });
    }
    const verdict = guard.judge();
    if (verdict !== null) return { atSec: quarter / 4, verdict, guard };
  }
  return { atSec: null, verdict: null, guard };
}

describe("calls to a third party", () => {
  it("that are as declared are left alone, however late they come", () => {
    expect(watch({ seconds: 60, reportsIn: () => 50, callsAt: (reports) => reports }).verdict).toBeNull();
    // A queue that stalls for nine seconds and then catches up at once.
    const late = watch({ seconds: 60, reportsIn: () => 100, callsAt: (reports, at) => (at > 20 && at < 29 ? 2_000 : reports) });
    expect(late.verdict).toMatch(/^over the contracted limit/);
    const unlimited = { ...rules, limitPerSec: 1_000 };
    expect(
      watch({
        rules: unlimited,
        seconds: 60,
        reportsIn: () => 100,
        callsAt: (reports, at) => (at > 20 && at < 29 ? 2_000 : reports),
      }).verdict,
    ).toBeNull();
  });

  it.each([20, 50, 130])("of which there are three where one is declared stop it within 3 s at %d reports a second", (rate) => {
    const { atSec, verdict } = watch({ seconds: 60, reportsIn: () => rate, callsAt: (reports) => 3 * reports });
    expect(atSec).toBeLessThanOrEqual(3);
    expect(verdict).toMatch(
      /^declaration wrong: (2\.\d|3\.0) calls per report where 1 is declared \(lab got \d+ calls by \d+ requests\)$/,
    );
  });

  it("that become three in the middle of a long run stop it soon after", () => {
    const { atSec } = watch({
      seconds: 600,
      reportsIn: () => 50,
      callsAt: (reports, at) => (at < 300 ? reports : 3 * reports - 2 * 300 * 50),
    });
    expect(atSec).toBeGreaterThan(300);
    expect(atSec).toBeLessThan(310);
  });

  it("by others, as many as before the load, are not blamed on it", () => {
    expect(watch({ seconds: 120, reportsIn: () => 20, callsAt: (reports, at) => reports + 30 * (at + 2) }).verdict).toBeNull();
  });

  it("that chance makes a few more are let through in ten thousand seconds, for shares, too", () => {
    const share = { ...rules, callsPer: { report: 0.3 } };
    let calls = 0;
    let seen = 0;
    const callsAt = (reports: number): number => {
      for (; seen < reports; seen++) if (unit(1, 1, seen) < 0.3) calls += 1;
      return calls;
    };
    expect(watch({ rules: share, seconds: 10_000, reportsIn: () => 40, callsAt }).verdict).toBeNull();
  });

  it("beyond the contracted limit stop it within 3 s", () => {
    const { atSec, verdict } = watch({
      rules: { ...rules, callsPer: { report: 3 } },
      seconds: 60,
      reportsIn: () => 200,
      callsAt: (reports) => 3 * reports,
    });
    expect(atSec).toBeLessThanOrEqual(3);
    expect(verdict).toMatch(/^over the contracted limit: lab got .* calls in \d\.\d s, 6\d\d\/s where 400\/s are agreed$/);
  });

  it("beyond the limit of one that a stand-in replaces are let through, but not those beyond the declaration", () => {
    const stubbed = { callsPer: { report: 1 }, limitPerSec: 10, stubbed: true };
    expect(watch({ rules: stubbed, seconds: 30, reportsIn: () => 100, callsAt: (reports) => reports }).verdict).toBeNull();
    expect(watch({ rules: stubbed, seconds: 30, reportsIn: () => 100, callsAt: (reports) => 2 * reports }).verdict).toMatch(
      /^declaration/,
    );
  });

  it("of a target that was started again count on", () => {
    const { guard, verdict } = watch({
      seconds: 20,
      reportsIn: () => 50,
      callsAt: (reports, at) => (at < 10 ? reports : reports - 500 - 1_000),
    });
    expect(verdict).toBeNull();
    // What came between the last reading and the start is lost.
    expect(guard.totals.perDeclared).toBeCloseTo(0.99, 2);
    expect(guard.totals.peakPerSec).toBeCloseTo(50, 0);
  });

  it("name all operations that are declared to cause them, and say where none is", () => {
    const two = { ...rules, callsPer: { report: 1, scan: 0.1 } };
    expect(watch({ rules: two, seconds: 60, reportsIn: () => 50, callsAt: (reports) => 6 * reports }).verdict).toContain(
      "times the calls that report and scan are declared to cause",
    );
    const none = { ...rules, callsPer: { report: 0 } };
    expect(watch({ rules: none, seconds: 60, reportsIn: () => 50, callsAt: (reports) => reports }).verdict).toContain(
      "calls that nothing sent is declared to cause",
    );
  });
});

it("says of a count whether chance explains it", () => {
  expect(isBeyondChance(100, 100)).toBe(false);
  expect(isBeyondChance(150, 100)).toBe(false);
  expect(isBeyondChance(175, 100)).toBe(true);
  expect(isBeyondChance(1, 0)).toBe(true);
  expect(isBeyondChance(0, 0)).toBe(false);
});

it("a metrics page that is slow to come shows what was so when it was asked for, and stops nothing", () => {
  const guard = new CallGuard("lab", rules);
  let askedUs = 0;
  for (let times = 0; times < 200; times++) {
    const atUs = askedUs + (times % 8 === 0 ? 900_000 : 2_000);
    const calls = Math.floor((askedUs * 390) / 1_000_000);
    guard.reading({ askedUs, atUs, calls });
    guard.sent({ untilUs: atUs, requests: { report: Math.ceil((atUs * 390) / 1_000_000) } });
    expect(guard.judge()).toBeNull();
    askedUs = atUs + 250_000;
  }
  expect(guard.totals.peakPerSec).toBeLessThan(400);
});

it("a meter that counts nothing is known for blind once calls are as late as they may be", () => {
  const blind = watch({ seconds: 11, reportsIn: () => 50, callsAt: () => 0 }).guard;
  expect(blind.isBlind).toBe(true);
  expect(watch({ seconds: 9, reportsIn: () => 50, callsAt: () => 0 }).guard.isBlind).toBe(false);
  expect(watch({ seconds: 30, reportsIn: () => 50, callsAt: (reports) => reports }).guard.isBlind).toBe(false);
});
