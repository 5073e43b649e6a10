import { describe, expect, it } from "vitest";
import type { CleanupContext, CustomCleanup } from "../src/model/cleanup-rules.ts";
import { Fault } from "../src/model/fault.ts";
import type { ScenarioInput } from "../src/model/scenario.ts";
import { CustomStore, planCustom } from "./custom.ts";
import { emptyJournal, exampleRun } from "./example-run.ts";

const index: CustomCleanup = {
  name: "search index",
  look: async () => ({ rows: { documents: 3 }, untagged: { count: 5, checksum: "abc" } }),
  remove: async (_context, limit) => Math.min(3, limit),
};

interface Given {
  readonly timeoutUs?: number;
  readonly signal?: AbortSignal;
  /** What the scenario says by now. */
  readonly now?: readonly CustomCleanup[];
  readonly scenario?: () => Promise<ScenarioInput>;
}

/** The second custom cleanup of a scenario, with these functions. */
function storeOf(own: Partial<CustomCleanup>, { timeoutUs, signal, now, scenario }: Given = {}): CustomStore {
  const cleanup = { ...index, ...own };
  const settings = { kind: "custom", name: cleanup.name } as const;
  const stores = [{ kind: "custom", name: "cache" } as const, settings];
  const run = exampleRun({
    runId: "20260101-abc",
    plan: { cleanup: { stores }, tags: { run: "x-run", user: "x-user", purpose: "x-purpose" } },
  });
  const rules = now ?? [{ ...index, name: "cache" }, cleanup];
  const input = { cleanup: rules.map((custom) => ({ custom })) } as unknown as ScenarioInput;
  const journal = {
    ...emptyJournal,
    created: async function* ids() {
      yield "r-1";
    },
  };
  const context = { run, secret: null, journal, timeoutUs, signal, scenario: scenario ?? (async () => input) };
  return new CustomStore(settings, planCustom(settings, "custom-2"), context);
}

describe("A scenario's own cleanup", () => {
  it("is planned by its name", () => {
    expect(planCustom({ name: "search index" }, "custom")).toEqual({
      name: "custom",
      kind: "custom",
      how: 'the scenario\'s own cleanup of "search index"',
      secretFrom: null,
      batch: 500,
      rowsPerSec: 20_000,
    });
    for (const name of ["", " ", "a\nb", "x".repeat(65)])
      expect(() => planCustom({ name }, "custom")).toThrow("cleanup.custom.name");
    expect(() => planCustom({ name: "a", batch: 0 }, "custom")).toThrow("batch");
  });

  it("is looked at and removes", async () => {
    const store = storeOf({});
    await store.guard();
    expect(await store.look()).toEqual({ rows: { documents: 3 }, untagged: { count: 5, checksum: "abc" }, tombstoned: null });
    expect(await store.remove(2)).toEqual({ deleted: 2, remaining: null });
    expect(store.untaggedRows()).toBeNull();
    expect(await storeOf({ look: async () => ({ rows: { documents: 0 } }) }).look()).toMatchObject({ untagged: null });
  });

  it("is given the run, its tag, and what it created", async () => {
    const given: CleanupContext[] = [];
    const store = storeOf({
      look: async (context) => {
        given.push(context);
        const ids = [];
        for await (const id of context.created("report")) ids.push(id);
        return { rows: { ids: ids.length } };
      },
    });
    expect(await store.look()).toMatchObject({ rows: { ids: 1 } });
    expect(given[0]).toMatchObject({ runId: "20260101-abc", admin: "http://127.0.0.1:8461" });
    expect(given[0]?.headers).toMatchObject({ "x-run": "20260101-abc", "x-purpose": "sweep" });
  });

  it.each([
    ["nothing", undefined, "rows is missing"],
    ["no counts", { rows: {} }, "rows has 0 places"],
    ["half a row", { rows: { a: 0.5 } }, "rows.a is 0.5"],
    ["a bigint", { rows: { a: 1n } }, "rows.a is a bigint"],
    ["fewer than none", { rows: { a: -1 } }, "rows.a is -1"],
    ["a checksum that is none", { rows: { a: 1 }, untagged: { count: 1, checksum: 7 } }, "untagged is"],
  ])("is not believed where look returns %s", async (_what, returned, words) => {
    const store = storeOf({ look: async () => returned as never });
    await expect(store.look()).rejects.toMatchObject({
      name: "StoreFault",
      kind: "usage",
      transient: false,
      message: expect.stringContaining(words),
    });
  });

  it.each([undefined, -1, 1.5, 11, "3", Number.NaN])("is not believed where remove(10) returns %s", async (returned) => {
    const store = storeOf({ remove: async () => returned as never });
    await expect(store.remove(10)).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining("from 0 to 10") });
  });

  it("fails with the words it throws, without the secrets in them, and may be called again", async () => {
    const thrower = () => {
      throw new Error("POST https://user:hunter2hunter2@search/_delete: token=abcdefgh1234");
    };
    for (const own of [{ look: thrower }, { look: async () => thrower() }]) {
      const fault = await storeOf(own)
        .look()
        .catch((thrown: unknown) => thrown);
      expect(fault).toMatchObject({ name: "StoreFault", transient: true, message: expect.stringContaining("search/_delete") });
      expect(JSON.stringify([String(fault), fault])).not.toMatch(/hunter2|abcdefgh1234/);
    }
    const foreign = storeOf({ look: async ({ created }) => ({ rows: { a: Number(created("nothing") === null) } }) });
    await expect(foreign.look()).rejects.toThrow('no operation "nothing"');
  });

  it("is given up after its time, told so, and not called again by itself", async () => {
    let told = false;
    const store = storeOf(
      {
        look: ({ signal }) => {
          signal.addEventListener("abort", () => (told = true));
          return new Promise(() => undefined);
        },
      },
      { timeoutUs: 20_000 },
    );
    await expect(store.look()).rejects.toMatchObject({
      transient: false,
      message: expect.stringContaining("not done within 20 ms"),
    });
    expect(told).toBe(true);
  });

  it("ends as soon as the sweep is stopped", async () => {
    const stop = new AbortController();
    const store = storeOf({ remove: () => new Promise(() => undefined) }, { signal: stop.signal });
    const removal = store.remove(1);
    setImmediate(() => stop.abort());
    await expect(removal).rejects.toMatchObject({ name: "StoreFault" });
    await expect(store.remove(1)).rejects.toMatchObject({ name: "StoreFault" });
  });

  it.each([
    ["is no longer there", { now: [index] }],
    ["is another by now", { now: [index, { ...index, name: "cache" }] }],
    ["cannot be loaded", { scenario: () => Promise.reject(new Fault("usage", "the scenario file has changed")) }],
  ])("is a fault where it %s", async (_what, given) => {
    const store = storeOf({}, given);
    await expect(store.guard()).rejects.toMatchObject({ name: "StoreFault", kind: "usage", transient: false });
    await expect(store.look()).rejects.toMatchObject({ name: "StoreFault" });
  });
});
