import { beforeEach, describe, expect, it } from "vitest";
import type { SampledWrite } from "./sampled-write.ts";
import { WriteReader } from "./reader.ts";
import { truthOf } from "./truth.ts";

const ms = 1_000;
const second = 1_000_000;
const tickUs = 10 * ms;
const within = 5 * second;

/** A target that has each write from an instant on, so many times; what it has not heard of was lost. */
class Target {
  readonly has = new Map<number, { readonly fromUs: number; readonly times: number }>();
  readonly asked: { readonly index: number; readonly atUs: number }[] = [];
  /** Answers nothing until then. */
  deafUntilUs = 0;
}

let nowUs: number;
let target: Target;
let reader: WriteReader;
let loadRatePerSec: number;
let topRatePerSec: number;

beforeEach(() => {
  nowUs = second;
  target = new Target();
  loadRatePerSec = 2_000;
  topRatePerSec = 2_000;
  reader = new WriteReader({
    withinUs: within,
    nowUs: () => nowUs,
    loadRatePerSec: () => loadRatePerSec,
    get topRatePerSec() {
      return topRatePerSec;
    },
    ask: async ({ index }) => {
      target.asked.push({ index, atUs: nowUs });
      if (nowUs < target.deafUntilUs) return null;
      const has = target.has.get(index);
      return has !== undefined && nowUs >= has.fromUs ? has.times : 0;
    },
  });
});

async function pass(us: number): Promise<void> {
  for (const endUs = nowUs + us; nowUs < endUs;) {
    nowUs += tickUs;
    reader.tick();
    await Promise.resolve();
    await Promise.resolve();
  }
}

async function finish(): Promise<number> {
  const startUs = nowUs;
  reader.loadEnded();
  while (reader.open > 0) {
    if (nowUs - startUs > 600 * second) throw new Error("never done");
    await pass(100 * ms);
  }
  return nowUs - startUs;
}

function accept(index: number, stored: { readonly lateUs?: number; readonly times?: number } | null): SampledWrite {
  const write = {
    operation: 0,
    index,
    user: 0,
    id: `w${index}`,
    key: undefined,
    doneUs: nowUs,
    traceId: `t${index}`,
    replay: null,
  };
  if (stored !== null) target.has.set(index, { fromUs: nowUs + (stored.lateUs ?? 0), times: stored.times ?? 1 });
  reader.take([write]);
  return write;
}

const truth = () => truthOf(reader.all.length, reader.all, true);

describe("reading writes back", () => {
  it("finds what is there at once, once, and looks a last time when the load is over", async () => {
    accept(1, {});
    await pass(second);
    expect(target.asked).toHaveLength(1);
    await finish();
    expect(target.asked).toHaveLength(2);
    expect(target.asked[1]!.atUs).toBeGreaterThanOrEqual(second + within);
    expect(truth()).toMatchObject({
      sampled: 1,
      visible: 1,
      lost: 0,
      duplicated: 0,
      notKnown: 0,
      examples: { lost: [], twice: [] },
    });
    expect(truth().lateUs!.max).toBeLessThanOrEqual(50 * ms);
  });

  it.each([300 * ms, second, 4 * second])("tells a write that lands %i us late, to a third of that", async (lateUs) => {
    accept(1, { lateUs });
    await pass(6 * second);
    await finish();
    const { lateUs: late, visible } = truth();
    expect(visible).toBe(1);
    expect(late!.max).toBeGreaterThanOrEqual(lateUs);
    expect(late!.max).toBeLessThanOrEqual(lateUs * 1.5 + 120 * ms);
    expect(late!.max - late!.openUs).toBeLessThanOrEqual(lateUs);
  });

  it("calls lost what is never there, and only after its time is over and two looks apart", async () => {
    const { doneUs } = accept(1, null);
    accept(2, {});
    await pass(2 * second);
    await finish();
    expect(truth()).toMatchObject({ sampled: 2, visible: 1, lost: 1, examples: { lost: ["t1"], twice: [] } });
    const last = target.asked.filter(({ index, atUs }) => index === 1 && atUs >= doneUs + within);
    expect(last).toHaveLength(2);
    expect(last[1]!.atUs - last[0]!.atUs).toBeGreaterThanOrEqual(second);
  });

  it("calls lost what was there and is gone again, such as a write that only a cache ever had", async () => {
    accept(1, {});
    await pass(2 * second);
    target.has.clear();
    await finish();
    expect(truth()).toMatchObject({ sampled: 1, visible: 0, lost: 1, notKnown: 0, lateUs: null, examples: { lost: ["t1"] } });
  });

  it("does not call lost what comes after its time but before the last look", async () => {
    accept(1, { lateUs: within + second });
    await pass(within + 2 * second);
    await finish();
    expect(truth()).toMatchObject({ visible: 1, lost: 0 });
    expect(truth().lateUs!.max).toBeGreaterThan(within);
  });

  it("tells what was applied twice, also where the second time comes later", async () => {
    accept(1, { times: 2 });
    accept(2, {});
    await pass(second);
    target.has.set(2, { fromUs: 0, times: 2 });
    await finish();
    expect(truth()).toMatchObject({ visible: 2, duplicated: 2, examples: { lost: [], twice: ["t1", "t2"] } });
  });

  it("asks again where no answer comes, and calls nothing lost that it could not ask for", async () => {
    target.deafUntilUs = 3 * second;
    accept(1, {});
    await pass(6 * second);
    await finish();
    expect(truth()).toMatchObject({ visible: 1, notKnown: 0 });
    target.deafUntilUs = Number.POSITIVE_INFINITY;
    accept(2, null);
    await finish();
    expect(truth()).toMatchObject({ sampled: 2, visible: 1, lost: 0, notKnown: 1 });
  });

  it("sends at most 5 % of what the load sends, and still looks for all in the end", async () => {
    const accepted = 400;
    loadRatePerSec = 400;
    for (let index = 0; index < accepted; index++) {
      accept(index, {});
      await pass(tickUs);
    }
    expect(target.asked.length).toBeLessThanOrEqual(0.05 * loadRatePerSec * 4 + 3);
    expect(target.asked.length).toBeGreaterThan(40);
    // What it could not look for soon is no part of how late writes are.
    await finish();
    expect(truth()).toMatchObject({ sampled: accepted, visible: accepted });
    expect(truth().lateUs!.max).toBeLessThan(300 * ms);
  });

  it("sends no more than that beside the fastest load", async () => {
    loadRatePerSec = 1_000_000;
    for (let index = 0; index < 400; index++) {
      accept(index, {});
      await pass(tickUs);
    }
    expect(target.asked.length).toBeGreaterThan(300);
    expect(target.asked.length).toBeLessThanOrEqual(4 * 100 + 10);
  });

  it("never sends more than the load did at its highest, even when that is over", async () => {
    loadRatePerSec = topRatePerSec = 20;
    for (let index = 0; index < 200; index++) accept(index, {});
    const tookUs = await finish();
    expect(truth()).toMatchObject({ sampled: 200, visible: 200 });
    expect(target.asked.length / (tookUs / second)).toBeLessThan(21);
  });

  it("is done in time where nothing is there: 3,000 looks of two each at 500 a second", async () => {
    for (let index = 0; index < 3_000; index++) accept(index, null);
    const tookUs = await finish();
    expect(truth()).toMatchObject({ sampled: 3_000, lost: 3_000 });
    expect(tookUs).toBeLessThan(within + 25 * second);
  });
});
