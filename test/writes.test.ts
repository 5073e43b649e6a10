/** Accepted, visible, lost, applied twice: what a run says of a target's writes, held against the target's own account. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { WriteTruth } from "../src/model/run.ts";
import { Folder, peakproof, start, summaryOf, until } from "./cli.ts";
import { startLedger, type LedgerWrite } from "./ledger-server.ts";

const scenario = fileURLToPath(new URL("./scenarios/ledger.ts", import.meta.url));

function truthOf(truths: Readonly<Record<string, WriteTruth>> | undefined, operation: string): WriteTruth {
  const truth = truths?.[operation];
  if (truth === undefined) throw new Error(`nothing is said of "${operation}"`);
  return truth;
}

const isLost = ({ effects }: LedgerWrite): boolean => effects === 0;
const isDoubled = ({ effects }: LedgerWrite): boolean => effects > 1;

describe.concurrent("writes that are read back", () => {
  it("are lost and doubled in the record as they are in the target's account, one for one", async () => {
    using folder = new Folder();
    await using server = await startLedger({
      loses: (number) => number % 29 === 3,
      doubles: (number) => number % 31 === 5,
      forgetsKey: (number) => number % 7 === 2,
    });
    const { ledger } = server;
    const ended = await peakproof(
      "run",
      scenario,
      "--target",
      server.origin,
      "--out",
      folder.runs,
      "--json",
      "--var",
      "replay=0.3",
    );
    const summary = summaryOf(ended);
    const pay = truthOf(summary.writes, "pay");
    // All writes are chosen here: those that are sent twice, and the rest.
    expect(pay).toMatchObject({ accepted: ledger.count("pay", () => true), notKnown: 0 });
    expect(pay.sampled + pay.replays!.sent).toBe(pay.accepted);
    expect(pay.replays!.sent).toBe(ledger.count("pay", ({ posts }) => posts === 2));
    expect(pay.lost).toBe(ledger.count("pay", (write) => write.posts === 1 && isLost(write)));
    expect(pay.duplicated).toBe(ledger.count("pay", (write) => write.posts === 1 && isDoubled(write)));
    expect(pay.replays).toEqual({
      sent: expect.any(Number) as number,
      once: ledger.count("pay", ({ posts, effects }) => posts === 2 && effects === 1),
      twice: ledger.count("pay", (write) => write.posts === 2 && isDoubled(write)),
      missing: ledger.count("pay", (write) => write.posts === 2 && isLost(write)),
      notKnown: 0,
    });
    for (const found of [pay.lost, pay.duplicated, pay.replays!.twice, pay.replays!.missing]) expect(found).toBeGreaterThan(0);
    const traces = new Map([...ledger.writes.values()].map((write) => [write.trace, write]));
    for (const trace of pay.examples.lost) expect(traces.get(trace)).toSatisfy(isLost);
    for (const trace of pay.examples.twice) expect(traces.get(trace)).toSatisfy(isDoubled);
    // Orders are looked for by key, and their scenario does not say how to count.
    const order = truthOf(summary.writes, "order");
    expect(order).toMatchObject({ duplicated: null, lost: ledger.count("order", (write) => write.posts === 1 && isLost(write)) });
    expect(summary.findings.map(({ code }) => code)).toEqual(expect.arrayContaining(["WRITES_LOST", "WRITES_DUPLICATED"]));
    // They are findings: what decides the exit code is elsewhere.
    expect(summary.exitReasons.join()).not.toMatch(/write|lost|twice/);
    // What was sent twice is journaled as a second attempt, and is no load.
    const again = readFileSync(join(folder.run, "journal-0.ndjson"), "utf8").match(/"k":"i".*"a":2/g) ?? [];
    expect(again.length).toBe([...ledger.writes.values()].filter(({ posts }) => posts === 2).length);
    expect(summary.totals.load?.sent).toBe(ledger.writes.size);
  });

  it("are there where a queue takes a second for them, and the record says how late", async () => {
    using folder = new Folder();
    await using server = await startLedger({ orderMs: 1_000 });
    const { stdout } = await peakproof(
      "run",
      scenario,
      "--workers",
      "1",
      "--target",
      server.origin,
      "--out",
      folder.runs,
      "--var",
      "readBack=60",
    );
    const order = truthOf(folder.runFile.writes, "order");
    expect(order).toMatchObject({
      accepted: server.ledger.count("order", () => true),
      lost: 0,
      visible: order.sampled,
      notKnown: 0,
    });
    expect(order.lateUs!.p50).toBeGreaterThan(990_000);
    expect(order.lateUs!.p50 - order.lateUs!.openUs).toBeLessThan(2_000_000);
    const pay = truthOf(folder.runFile.writes, "pay");
    expect(pay).toMatchObject({ lost: 0, duplicated: 0, examples: { lost: [], twice: [] } });
    expect(pay.sampled).toBeLessThan(pay.accepted);
    expect(pay.proof.detection).toBeCloseTo(1 - 0.999 ** pay.sampled, 6);
    expect(stdout.replace(/\s+/g, " ")).toContain(
      `${pay.sampled} of ${pay.accepted} accepted "pay" writes read back: all there, once; a loss of 0.1 % would have been found with`,
    );
    expect(readFileSync(join(folder.run, "report.html"), "utf8")).toContain('<section id="writes">');
  });

  it("are no longer waited for after Ctrl-C, and what was seen by then is kept", async () => {
    using folder = new Folder();
    await using server = await startLedger({ orderMs: 60_000 });
    const { child, ended } = start([
      "run",
      scenario,
      "--target",
      server.origin,
      "--out",
      folder.runs,
      "--var",
      "within=60s",
      "--json",
    ]);
    await until(() => folder.hasBegun(0) && typeof folder.runFile.steps[0]?.drainedUs === "number");
    child.kill("SIGINT");
    const { code } = await ended;
    expect(code).toBe(130);
    expect(folder.runFile.ended).toMatchObject({ how: "interrupted" });
    const { sampled, visible, lost, notKnown } = truthOf(folder.runFile.writes, "order");
    expect({ visible, lost, notKnown }).toEqual({ visible: 0, lost: 0, notKnown: sampled });
  });
});
