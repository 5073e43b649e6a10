import { describe, expect, it } from "vitest";
import type { CleanupFile } from "../src/model/cleanup.ts";
import { exampleRun } from "./example-run.ts";
import type { Misbehaviour } from "./in-memory-target.ts";
import { isIncomplete, readBaseline } from "./index.ts";
import { troublesOf } from "./describe.ts";
import { access, baselineOf, clean, fakeClock, runId, target, theRun } from "./swept-target.fixture.ts";

/** People's rows, the baseline, then the run's rows: how every run begins. */
async function afterRun(rows = 25): Promise<CleanupFile["baseline"]> {
  target.add(40, null);
  target.add(5, "another-run");
  const baseline = await baselineOf();
  target.add(rows - 6, runId);
  target.add(3, runId, "cache");
  target.add(3, runId, "queue");
  return baseline;
}

describe("cleanUp", () => {
  it("removes every row of the run from every place, touches no other, and proves it", async () => {
    const baseline = await afterRun();
    const entry = await clean({ baseline });
    const proof = { deleted: 25, residue: 0, untagged: "unchanged", verified: true, problems: [] };
    expect(entry).toMatchObject(proof);
    expect(entry.stores).toMatchObject([
      {
        ...proof,
        name: "http",
        before: { store: 19, cache: 3, queue: 3 },
        batches: 3,
        untaggedAfter: { count: 40 },
        tombstoned: true,
      },
    ]);
    expect([runId, "another-run", null].map((run) => target.rowsOf(run).length)).toEqual([0, 5, 40]);
    expect(isIncomplete(entry)).toBe(false);
  });

  it("is idempotent: a second time it deletes nothing and still verifies", async () => {
    const baseline = await afterRun();
    await clean({ baseline });
    expect(await clean({ baseline })).toMatchObject({ deleted: 0, residue: 0, verified: true, stores: [{ problems: [] }] });
  });

  it("only looks in a dry run", async () => {
    const baseline = await afterRun();
    const entry = await clean({ baseline, dryRun: true });
    expect(entry).toMatchObject({
      dryRun: true,
      stores: [{ before: { store: 19 } }],
      deleted: 0,
      residue: null,
      verified: false,
    });
    expect(target.seen.every(({ method }) => method === "GET")).toBe(true);
    expect(target.rowsOf(runId)).toHaveLength(25);
    expect(isIncomplete(entry)).toBe(false);
  });

  it("sweeps again what landed after the first sweep", async () => {
    const baseline = await afterRun();
    const clock = fakeClock((settled) => settled === 1 && target.add(4, runId));
    expect(await clean({ baseline, clock })).toMatchObject({ deleted: 29, residue: 0, verified: true });
  });

  it("stops chasing rows that keep landing, and says so", async () => {
    const baseline = await afterRun();
    const entry = await clean({ baseline, clock: fakeClock(() => target.add(1, runId)) });
    expect(entry).toMatchObject({ residue: 1, verified: false });
    expect(troublesOf(entry).join(" ")).toContain("rows kept landing after 3 sweeps");
    expect(isIncomplete(entry)).toBe(true);
  });

  it("is patient with a target that is busy at first", async () => {
    const baseline = await afterRun();
    const first = target.seen.length;
    target.interfere = (number) =>
      number < first + 4 ? { kind: "reply", status: 503, body: "busy", headers: { "retry-after": "1" } } : undefined;
    expect(await clean({ baseline })).toMatchObject({ deleted: 25, verified: true, stores: [{ problems: [] }] });
  });

  it("counts right and verifies although replies to deletes are lost", async () => {
    const baseline = await afterRun();
    target.interfere = (number, { method }) => (method === "DELETE" && number % 2 === 0 ? { kind: "act-then-drop" } : undefined);
    expect(await clean({ baseline })).toMatchObject({ deleted: 25, residue: 0, verified: true });
  });

  it.each<[string, Misbehaviour, string]>([
    ["garbage", { kind: "reply", status: 200, body: "<html>" }, "it is not JSON"],
    ["nothing, ever", { kind: "hang" }, "was not answered within 20 ms (6 attempts)"],
    ["a dropped connection, always", { kind: "drop" }, "failed"],
    ["errors, always", { kind: "reply", status: 500, body: "oops" }, "answered 500 (6 attempts)"],
    ["a redirect", { kind: "reply", status: 302, body: "" }, "redirects"],
    [
      "another run's state",
      { kind: "reply", status: 200, body: '{"run":"x","rows":{"a":0},"untagged":null,"tombstoned":true}' },
      'run is "x"',
    ],
  ])("turns %s into a problem, and claims nothing", async (_, misbehaviour, words) => {
    const baseline = await afterRun();
    target.interfere = () => misbehaviour;
    const entry = await clean({ baseline, timeoutUs: 20_000 });
    expect(entry).toMatchObject({
      stores: [{ before: null }],
      deleted: 0,
      residue: null,
      untagged: "not-checked",
      verified: false,
    });
    expect(troublesOf(entry).join(" ")).toContain(words);
    expect(isIncomplete(entry)).toBe(true);
  });

  it("names the variable when the token is refused", async () => {
    const entry = await clean({ baseline: await afterRun(), token: "wrong-token" });
    expect(troublesOf(entry).join(" ")).toContain("PEAKPROOF_TOKEN");
    expect(JSON.stringify(entry)).not.toContain("wrong-token");
  });

  it("says so when the target removes nothing", async () => {
    const baseline = await afterRun();
    target.removable = () => [];
    const entry = await clean({ baseline });
    expect(entry).toMatchObject({ deleted: 0, residue: 25, untagged: "unchanged", verified: false });
    expect(troublesOf(entry).join(" ")).toContain("25 rows left and no fewer");
  });

  it("does not claim what it saw before a sweep that failed halfway", async () => {
    const baseline = await afterRun();
    const first = target.seen.length;
    target.interfere = (number) => (number >= first + 2 ? { kind: "reply", status: 403, body: "" } : undefined);
    expect(await clean({ baseline })).toMatchObject({ deleted: 10, stores: [{ batches: 1 }], residue: null, verified: false });
  });

  it("stops when it is told to, and can be finished later", async () => {
    const baseline = await afterRun();
    const controller = new AbortController();
    const entry = await clean({ baseline, signal: controller.signal, clock: fakeClock(() => controller.abort()) });
    expect(entry).toMatchObject({
      residue: null,
      verified: false,
      stores: [{ problems: [expect.stringContaining("stopped before it was finished")] }],
    });
    expect(await clean({ baseline })).toMatchObject({ residue: 0, verified: true });
  });

  it("can be stopped while a call hangs", async () => {
    const baseline = await afterRun();
    const controller = new AbortController();
    target.interfere = () => {
      setImmediate(() => controller.abort());
      return { kind: "hang" };
    };
    expect(troublesOf(await clean({ baseline, signal: controller.signal }))).toEqual([expect.stringContaining("stopped before")]);
  });

  it("explains untagged rows that others changed, and does not call that incomplete", async () => {
    const baseline = await afterRun();
    target.add(2, null);
    const entry = await clean({ baseline });
    expect(entry).toMatchObject({ residue: 0, untagged: "changed-by-others", verified: false });
    expect(troublesOf(entry)[0]).toContain("from 40 rows to 42 rows");
    expect(isIncomplete(entry)).toBe(false);
  });

  it("raises the alarm when a target's DELETE takes rows of real people", async () => {
    const baseline = await afterRun();
    target.removable = (rows, limit) => [...rows.slice(0, limit), ...target.rowsOf(null).slice(0, 1)];
    const entry = await clean({ baseline });
    expect(entry).toMatchObject({ residue: 0, untagged: "changed-by-others", verified: false });
    expect(isIncomplete(entry)).toBe(true);
  });

  it("misses no row that a sweep beside it took back, where both share a baseline", async () => {
    target.add(40, null);
    const baseline = await baselineOf();
    target.add(25, runId);
    target.addPerson("counter", new Date().toISOString());
    const together = async (): Promise<void> => void (target.rows = target.rows.filter(({ key }) => key !== "counter"));
    const entry = await clean({ baseline, together });
    expect(entry).toMatchObject({ residue: 0, untagged: "unchanged", verified: true });
    expect(isIncomplete(entry)).toBe(false);
  });

  it("raises the alarm beside other sweeps, too", async () => {
    target.add(40, null);
    const baseline = await baselineOf();
    target.add(25, runId);
    const together = async (): Promise<void> => void (target.rows = target.rows.slice(1));
    expect(isIncomplete(await clean({ baseline, together }))).toBe(true);
  });

  it("admits that it could not check untagged rows without a baseline", async () => {
    await afterRun();
    const entry = await clean({ baseline: null });
    expect(entry).toMatchObject({ residue: 0, untagged: "not-checked", verified: false });
    expect(isIncomplete(entry)).toBe(false);
  });

  it("asks nobody where the journal holds no write, and calls that verified", async () => {
    const entry = await clean({ journal: { intents: 0, created: 0, unknown: 0 } });
    expect(entry).toMatchObject({ plan: { stores: [] }, residue: 0, untagged: "not-checked", verified: true, problems: [] });
    expect(target.seen).toEqual([]);
    expect(isIncomplete(entry)).toBe(false);
  });

  it("takes an author's word for not cleaning without calling it proof", async () => {
    const entry = await clean({ cleanup: { none: "rows expire" } });
    expect(entry).toMatchObject({
      residue: null,
      untagged: "not-checked",
      verified: false,
      problems: [expect.stringContaining("rows expire")],
    });
    expect(isIncomplete(entry)).toBe(false);
  });

  it("calls a run incomplete that wrote with no word about cleanup", async () => {
    const entry = await clean({ cleanup: null });
    expect(entry).toMatchObject({ residue: null, verified: false });
    expect(isIncomplete(entry)).toBe(true);
  });

  it("tells how far it is", async () => {
    const baseline = await afterRun();
    const lines: string[] = [];
    await clean({
      baseline,
      onProgress: ({ phase, store, deleted, remaining }) => lines.push(`${phase} ${store} ${deleted} ${remaining}`),
    });
    const sweeps = ["sweep http 10 15", "sweep http 20 5", "sweep http 25 0"];
    expect(lines).toEqual(["look http 0 null", ...sweeps, "settle null 0 null", "look http 25 null"]);
  });
});

describe("readBaseline", () => {
  it("reads the state before the first write", async () => {
    target.add(40, null);
    expect(await baselineOf()).toMatchObject({ http: { rows: { store: 0 }, untagged: { count: 40 }, tombstoned: false } });
  });

  it("has nothing to read where the scenario sweeps nothing", async () => {
    const keep = (): never => expect.unreachable();
    await readBaseline({ ...access(), run: theRun({ none: "reason" }) }, keep);
  });

  it("refuses to let a run write whose cleanup cannot work", async () => {
    const keep = (): never => expect.unreachable();
    const wrong = readBaseline({ ...access(), secrets: { http: "wrong" } }, keep);
    await expect(wrong).rejects.toMatchObject({ name: "StoreFault", kind: "usage" });
    const nobody = exampleRun({ plan: { admin: "http://127.0.0.1:1" } });
    await expect(readBaseline({ ...access(), run: nobody }, keep)).rejects.toMatchObject({ kind: "unreachable" });
  });
});
