import { expect, it } from "vitest";
import { rejectedFault } from "../../test/fault-of.ts";
import { Fault } from "../model/fault.ts";
import type { Look } from "./observer.ts";
import { SeenObserver } from "./seen.ts";
import { lookBefore, watchHops, type WatchOptions } from "./watch.ts";

/** Time that passes by a millisecond with each question, so that waits are short and their length is known. */
function options(withinUs: number, changes: Partial<WatchOptions> = {}): WatchOptions {
  let nowUs = 0;
  return { withinUs, signal: new AbortController().signal, nowUs: () => (nowUs += 1_000), ...changes };
}

/** Not seen so many times, then seen. */
function seenAfter(times: number): Look {
  let looks = 0;
  return async () => ++looks > times;
}

const never: Look = async () => false;
const refused: Look = async () => {
  throw new Fault("unreachable", "hop refuses");
};

it("tells for each hop when it was seen, and which was not", async () => {
  const watched = [
    { hop: "store", look: seenAfter(0) },
    { hop: "log", look: never },
    { hop: "cache", look: seenAfter(3) },
  ];
  const [store, log, cache] = await watchHops(watched, 0, options(60_000));
  expect(log).toEqual({ hop: "log", afterUs: null });
  expect(store!.afterUs).toBeGreaterThan(0);
  expect(cache!.afterUs).toBeGreaterThan(store!.afterUs!);
});

it("asks again where a hop could not be asked for a moment", async () => {
  let looks = 0;
  const look: Look = async (signal) => (++looks < 3 ? refused(signal) : true);
  expect(await watchHops([{ hop: "store", look }], 0, options(60_000))).toMatchObject([{ afterUs: expect.any(Number) }]);
});

it("does not call a tag dropped where the hop could not be asked to the end", async () => {
  expect(await rejectedFault(watchHops([{ hop: "store", look: refused }], 0, options(20_000)))).toMatchObject({
    kind: "unreachable",
    message: "hop refuses",
  });
});

it("does not wait for the end where asking again is useless", async () => {
  let looks = 0;
  const look: Look = async () => {
    looks += 1;
    throw new Fault("usage", "no such table");
  };
  expect(await rejectedFault(watchHops([{ hop: "store", look }], 0, options(1e9)))).toMatchObject({ message: "no such table" });
  expect(looks).toBe(1);
});

it("ends a look that never ends", async () => {
  const look: Look = () => new Promise(() => undefined);
  const fault = await rejectedFault(lookBefore([{ hop: "store", look }], options(20_000)));
  expect(fault).toMatchObject({ kind: "unreachable", message: 'hop "store" cannot be asked: no answer within 20 ms' });
});

it("refuses a hop that sees what was not sent, be it through being asked", async () => {
  const fault = await rejectedFault(lookBefore([{ hop: "store", look: async () => true }], options(1e6)));
  expect(fault).toMatchObject({ kind: "usage", message: expect.stringContaining('hop "store" claims to have seen') });
  expect(await rejectedFault(lookBefore([{ hop: "log", look: seenAfter(1) }], options(1e6)))).toMatchObject({ kind: "usage" });
  await lookBefore([{ hop: "log", look: never }], options(1e6));
});

it("ends at once with the signal's reason", async () => {
  const abort = new AbortController();
  const watching = watchHops([{ hop: "store", look: never }], 0, options(1e9, { signal: abort.signal }));
  abort.abort("stopped by SIGINT");
  await expect(watching).rejects.toBe("stopped by SIGINT");
});

it("takes a scenario's own function for a look, and says what it must give", async () => {
  const looked: unknown[] = [];
  const asking = new SeenObserver("search", async (canary) => looked.push(canary) > 1).watch({ runId: "r-c1", operation: "add" });
  const { signal } = new AbortController();
  expect([await asking(signal), await asking(signal)]).toEqual([false, true]);
  expect(looked[0]).toEqual({ runId: "r-c1", operation: "add" });
  const failing = new SeenObserver("search", () => Promise.reject(new Error("no index"))).watch({ runId: "r", operation: "add" });
  expect(await rejectedFault(failing(signal))).toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("no index"),
  });
  const odd = new SeenObserver("search", async () => "yes" as unknown as boolean).watch({ runId: "r", operation: "add" });
  expect(await rejectedFault(odd(signal))).toMatchObject({ kind: "usage", detail: { received: "string" } });
});
