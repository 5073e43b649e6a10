import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UntaggedRow } from "../src/model/cleanup.ts";
import { explainChanges, type RunWrites } from "./explain.ts";

const startedAt = "2026-01-01T12:00:00.000Z";
const earlier = "2026-01-01T11:59:59.999Z";
const later = "2026-01-01T12:00:01.000Z";

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
const row = (key: string, digest = "d", at: string | null = later): UntaggedRow => ({ place: "store", key, digest, at });
const writes = (ids: readonly string[] = [], count = ids.length): RunWrites => ({ startedAt, count, ids: () => each(ids) });

function explained(before: readonly UntaggedRow[], after: readonly UntaggedRow[], run = writes()) {
  return explainChanges(each(before), each(after), run);
}

describe("explainChanges", () => {
  it("explains what was added or changed after the run began", async () => {
    const result = await explained([row("a"), row("b")], [row("a"), row("b", "other"), row("c")]);
    expect(result).toMatchObject({ total: 2, unexplained: 0, ours: 0 });
    expect(result?.changes.map(({ key, change, because }) => `${key} ${change}: ${because}`)).toEqual([
      `b changed: changed ${later}, after the run began, and no row that the run made`,
      `c added: added ${later}, after the run began, and no row that the run made`,
    ]);
  });

  it("never explains a row that is gone", async () => {
    const result = await explained([row("a"), row("b")], [row("b")]);
    expect(result).toMatchObject({
      total: 1,
      unexplained: 1,
      ours: 0,
      changes: [{ key: "a", change: "removed", explained: false }],
    });
  });

  it.each([
    ["says nothing of when", null, "does not say when"],
    ["says it was before the run", earlier, "before the run began"],
  ])("does not explain a change where the store %s", async (_, at, words) => {
    const result = await explained([row("a", "d", at)], [row("a", "other", at), row("b", "d", at)]);
    expect(result).toMatchObject({ total: 2, unexplained: 2, ours: 0 });
    for (const { because } of result?.changes ?? []) expect(because).toContain(words);
  });

  it("puts first what may be the run's own: its key is one that a write was given", async () => {
    const result = await explained([row("z")], [row("y", "d", null), row("mine")], writes(["mine", "swept"]));
    expect(result).toMatchObject({ total: 3, unexplained: 3, ours: 1 });
    expect(result?.changes.map(({ key }) => key)).toEqual(["mine", "y", "z"]);
    expect(result?.changes[0]?.because).toContain("may be the run's own row, without its tag");
  });

  it("does not explain what was added where the keys of some writes are not known", async () => {
    const result = await explained([row("a")], [row("a", "other"), row("b")], writes(["x"], 3));
    expect(result).toMatchObject({ total: 2, unexplained: 1, ours: 0 });
    expect(result?.changes[0]).toMatchObject({ key: "b", because: expect.stringContaining("2 writes of the run") });
  });

  it("tells the same key of two places apart", async () => {
    const elsewhere = { ...row("a"), place: "cache" };
    expect(await explained([row("a"), elsewhere], [elsewhere])).toMatchObject({ total: 1, changes: [{ place: "store" }] });
  });

  it("counts rows that are the same to the letter", async () => {
    expect(await explained([row("a"), row("a"), row("a")], [row("a")])).toMatchObject({ total: 2, unexplained: 2 });
    expect(await explained([row("a")], [row("a"), row("a")])).toMatchObject({ total: 1, changes: [{ change: "added" }] });
  });

  it("lists the first hundred of many, and counts all", async () => {
    const many = Array.from({ length: 250 }, (_, number) => row(`k-${number}`));
    const result = await explained([], many);
    expect(result).toMatchObject({ total: 250, unexplained: 0 });
    expect(result?.changes).toHaveLength(100);
  });

  it("gives up on more rows than it keeps, before or since", async () => {
    const four = ["a", "b", "c", "d"].map((key) => row(key));
    expect(await explainChanges(each(four), each([]), writes(), 3)).toBeNull();
    expect(await explainChanges(each([]), each(four), writes(), 3)).toBeNull();
    expect(await explainChanges(each(four), each(four), writes(), 4)).toMatchObject({ total: 0 });
  });

  it("finds what a naive comparison finds, each once and in agreement with when and whose it is", async () => {
    const rows = fc.uniqueArray(
      fc.record({
        place: fc.constantFrom("store", "cache"),
        key: fc.constantFrom("a", "b", "c", "d", "e"),
        digest: fc.constantFrom("1", "2"),
        at: fc.constantFrom(earlier, later, null),
      }),
      { selector: ({ place, key }) => `${place} ${key}` },
    );
    const ids = fc.subarray(["a", "b", "c", "d", "e"]);
    await fc.assert(
      fc.asyncProperty(rows, rows, ids, fc.nat(2), async (before, after, made, nameless) => {
        const result = await explained(before, after, writes(made, made.length + nameless));
        const find = (list: readonly UntaggedRow[], { place, key }: UntaggedRow) =>
          list.find((other) => other.place === place && other.key === key);
        const expected = [
          ...after.flatMap((one) => {
            const was = find(before, one);
            if (was?.digest === one.digest) return [];
            const isNew = was === undefined;
            const isLate = one.at === later && !made.includes(one.key) && !(isNew && nameless > 0);
            return [`${one.place} ${one.key} ${isNew ? "added" : "changed"} ${isLate}`];
          }),
          ...before.filter((one) => find(after, one) === undefined).map(({ place, key }) => `${place} ${key} removed false`),
        ];
        const told = result?.changes.map(({ place, key, change, explained: is }) => `${place} ${key} ${change} ${is}`) ?? [];
        expect(told.toSorted()).toEqual(expected.toSorted());
        expect(result?.unexplained).toBe(expected.filter((line) => line.endsWith("false")).length);
        expect(result?.ours).toBe(expected.filter((line) => made.includes(line.split(" ")[1] ?? "")).length);
      }),
    );
  });
});
