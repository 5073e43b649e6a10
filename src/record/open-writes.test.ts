import { expect, it } from "vitest";
import type { JournalOutcome } from "../model/journal.ts";
import { OpenWrites } from "./open-writes.ts";

type Attempt = readonly [attempt: number, key: string | undefined, outcome: JournalOutcome["r"] | null];

/** The attempts of one write, one after the other, and those that are left open. */
function openOf(...attempts: readonly Attempt[]): number[] {
  const open = new OpenWrites();
  const write = { n: 5, op: "report", p: "load" } as const;
  for (const [a, key, r] of attempts) {
    open.add({ k: "i", ...write, a, u: 1, ...(key === undefined ? {} : { key }) });
    if (r !== null) open.add({ k: "o", ...write, a, r });
  }
  return [...open.latest()].map(({ a }) => a);
}

it.each<[string, readonly Attempt[], readonly number[]]>([
  ["without an outcome", [[1, undefined, null]], [1]],
  ["with an unknown outcome", [[1, "k", "unknown"]], [1]],
  ["that was created", [[1, "k", "created"]], []],
  ["that was refused", [[1, "k", "rejected"]], []],
  ["that was never sent", [[1, "k", "unsent"]], []],
  [
    "created at a later attempt with the same key",
    [
      [1, "k", "unknown"],
      [2, "k", "unknown"],
      [3, "k", "created"],
    ],
    [],
  ],
  [
    "created at a later attempt without a key",
    [
      [1, undefined, "unknown"],
      [2, undefined, "created"],
    ],
    [1],
  ],
  [
    "created at a later attempt with another key",
    [
      [1, "k1", "unknown"],
      [2, "k2", "created"],
    ],
    [1],
  ],
  [
    "refused at a later attempt with the same key",
    [
      [1, "k", "unknown"],
      [2, "k", "rejected"],
    ],
    [1],
  ],
  [
    "unknown at each attempt, by the last one",
    [
      [1, "k", "unknown"],
      [2, "k", "unknown"],
    ],
    [2],
  ],
  [
    "created before it was sent again on purpose",
    [
      [1, "k", "created"],
      [2, "k", "unknown"],
    ],
    [2],
  ],
])("takes a write %s for what it is", (_what, attempts, open) => {
  expect(openOf(...attempts)).toEqual(open);
});

it("tells writes of one number apart by their purpose", () => {
  const open = new OpenWrites();
  for (const p of ["load", "probe"] as const) open.add({ k: "i", n: 0, op: "report", p, a: 1, u: 0 });
  open.add({ k: "o", n: 0, op: "report", p: "probe", a: 1, r: "created" });
  expect([...open.latest()]).toEqual([{ k: "i", n: 0, op: "report", p: "load", a: 1, u: 0 }]);
});

it("holds a later attempt open where an earlier one is heard of only then", () => {
  const open = new OpenWrites();
  const write = { n: 0, op: "report", p: "load" } as const;
  for (const a of [1, 2]) open.add({ k: "i", ...write, a, u: 0, key: "k" });
  open.add({ k: "o", ...write, a: 1, r: "created" });
  expect([...open.latest()].map(({ a }) => a)).toEqual([2]);
});

it("passes over an outcome whose intent it has not seen", () => {
  const open = new OpenWrites();
  open.add({ k: "o", n: 0, op: "report", p: "load", a: 1, r: "created" });
  expect([...open.latest()]).toEqual([]);
});

it("tells of a write that was created at a later attempt with the same key, once", () => {
  const told: number[] = [];
  const open = new OpenWrites(({ a }) => told.push(a));
  const write = { n: 5, op: "report", p: "load" } as const;
  for (const [a, r] of [
    [1, "unknown"],
    [2, "unknown"],
    [3, "created"],
  ] as const) {
    open.add({ k: "i", ...write, a, u: 1, key: "k" });
    open.add({ k: "o", ...write, a, r });
  }
  expect(told).toEqual([1]);
});
