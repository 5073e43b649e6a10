import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoreState } from "../src/model/cleanup.ts";
import { exampleCleanupPlan as plan } from "./example-run.ts";
import { verify, type Looks } from "./verify.ts";

const people = { count: 100, checksum: "aa" };
const state = (store: number, given: Partial<StoreState> = {}): StoreState => ({
  rows: { store, cache: 0 },
  untagged: people,
  tombstoned: true,
  ...given,
});
const open = { tombstoned: false };
const good: Looks = { baseline: state(0, open), before: state(10, open), after: state(0), seen: true, explained: null };

describe("verify", () => {
  it("verifies: no residue, untagged rows as before the run, run closed", () => {
    expect(verify(plan, good)).toEqual({ residue: 0, untagged: "unchanged", verified: true, problems: [] });
  });

  it("claims nothing where the last look failed", () => {
    expect(verify(plan, { ...good, after: null })).toEqual({
      residue: null,
      untagged: "not-checked",
      verified: false,
      problems: [],
    });
  });

  it("counts residue over all places and names them", () => {
    const proof = verify(plan, { ...good, after: state(3, { rows: { store: 3, cache: 4 } }) });
    expect(proof).toMatchObject({
      residue: 7,
      verified: false,
      problems: [expect.stringContaining("7 rows (store 3, cache 4)")],
    });
  });

  it("does not verify a run that is open to late arrivals", () => {
    expect(verify(plan, { ...good, after: state(0, open) })).toMatchObject({
      residue: 0,
      verified: false,
      problems: [expect.stringContaining("tombstoned")],
    });
  });

  it("explains untagged rows that others changed by when they changed", () => {
    const more = { count: 103, checksum: "bb" };
    const during = verify(plan, { ...good, before: state(10, { ...open, untagged: more }), after: state(0, { untagged: more }) });
    expect(during).toMatchObject({ untagged: "changed-by-others", verified: false });
    expect(during.problems).toEqual([
      "between the run's first write and the sweep, untagged rows went from 100 rows to 103 rows",
    ]);
    const content = verify(plan, { ...good, after: state(0, { untagged: { count: 100, checksum: "bb" } }) });
    expect(content.problems).toEqual([expect.stringMatching(/^while the sweep went on, untagged rows changed in content/)]);
  });

  it("raises the alarm when untagged rows went away during the sweep", () => {
    const proof = verify(plan, { ...good, after: state(0, { untagged: { count: 99, checksum: "cc" } }) });
    expect(proof.problems).toContainEqual(expect.stringContaining("a sweep must never touch one"));
  });

  it("is not deceived where a row came before the sweep and went under it, so that both ends are alike", () => {
    const more = { count: 101, checksum: "bb" };
    const proof = verify(plan, { ...good, before: state(10, { ...open, untagged: more }) });
    expect(proof).toMatchObject({ residue: 0, untagged: "changed-by-others", verified: false });
    expect(proof.problems).toEqual([
      "between the run's first write and the sweep, untagged rows went from 100 rows to 101 rows",
      "while the sweep went on, untagged rows went from 101 rows to 100 rows",
      expect.stringContaining("a sweep must never touch one"),
    ]);
    const other = verify(plan, { ...good, before: state(10, { ...open, untagged: { count: 100, checksum: "bb" } }) });
    expect(other).toMatchObject({ untagged: "changed-by-others", verified: false });
  });

  it("vouches only for the sweep where the baseline is missing", () => {
    const proof = verify(plan, { ...good, baseline: null });
    expect(proof).toMatchObject({ residue: 0, untagged: "not-checked", verified: false });
    expect(proof.problems).toEqual([
      expect.stringContaining("only the sweep itself could be checked: it left all 100 rows as they were"),
    ]);
  });

  it("has not checked what the target does not count", () => {
    const proof = verify(plan, { ...good, after: state(0, { untagged: null }) });
    expect(proof).toMatchObject({ residue: 0, untagged: "not-checked", verified: false });
  });

  it("does not take zero for a proof where no row of the run was ever seen", () => {
    const unseen = verify(plan, { ...good, before: state(0, open), seen: false });
    expect(unseen).toMatchObject({ residue: null, verified: false });
    expect(unseen.problems).toEqual([
      expect.stringContaining("accepted 10 writes of this run but holds no row of it: check that its stores"),
    ]);
  });

  it("suspects a target that stores rows without the tag", () => {
    const grown = { untagged: { count: 110, checksum: "dd" } };
    const proof = verify(plan, { ...good, before: state(0, { ...open, ...grown }), after: state(0, grown), seen: false });
    expect(proof.residue).toBeNull();
    expect(proof.problems.join(" ")).toContain("untagged rows grew by 10 rows: it may store rows without the tag");
  });

  it("takes zero for a proof where rows were seen elsewhere or earlier, or nothing was certainly created", () => {
    expect(verify(plan, { ...good, before: state(0), seen: true }).verified).toBe(true);
    expect(verify({ created: 0 }, { ...good, before: state(0, open), seen: false }).verified).toBe(true);
  });

  it("asks no tombstone of a store that knows none", () => {
    expect(verify(plan, { ...good, after: state(0, { tombstoned: null }) })).toMatchObject({ verified: true, problems: [] });
  });

  describe("where changed rows were gone through one by one", () => {
    const because = "it is gone, and nothing says by whom";
    const change = { place: "store", key: "k-1", change: "removed", at: null, explained: false, because } as const;
    const known = { changes: [change], total: 3, unexplained: 1, ours: 0 };
    const more = { count: 103, checksum: "bb" };
    const changed: Looks = { ...good, before: state(10, { ...open, untagged: more }), after: state(0, { untagged: more }) };

    it("verifies where each is explained", () => {
      const proof = verify(plan, { ...changed, explained: { changes: [], total: 3, unexplained: 0, ours: 0 } });
      expect(proof).toEqual({ residue: 0, untagged: "changed-by-others", verified: true, problems: [] });
    });

    it("does not where one is not, and quotes the first", () => {
      const proof = verify(plan, { ...changed, explained: known });
      expect(proof).toMatchObject({ residue: 0, untagged: "changed-by-others", verified: false });
      expect(proof.problems).toEqual([
        "of 3 untagged rows that changed, 1 could not be explained; first store k-1 was removed: it is gone, and nothing says by whom",
      ]);
    });

    it("does not where rows went away during the sweep, whatever the list says", () => {
      const fewer = { ...changed, after: state(0, { untagged: { count: 102, checksum: "cc" } }) };
      const proof = verify(plan, { ...fewer, explained: { changes: [], total: 0, unexplained: 0, ours: 0 } });
      expect(proof).toMatchObject({ verified: false, problems: [expect.stringContaining("a sweep must never touch one")] });
    });
  });

  it("never verifies with rows left, an open run, or untagged rows that differ, and always says why not", () => {
    const untagged = fc.option(fc.record({ count: fc.nat(3), checksum: fc.constantFrom("a", "b") }), { nil: null });
    const look = fc.option(
      fc.record({
        rows: fc.record({ store: fc.nat(2), cache: fc.nat(1) }),
        untagged,
        tombstoned: fc.option(fc.boolean(), { nil: null }),
      }),
      { nil: null },
    );
    fc.assert(
      fc.property(look, look, look, fc.boolean(), fc.nat(2), (baseline, before, after, seen, created) => {
        const proof = verify({ created }, { baseline, before, after, seen, explained: null });
        const left = after === null ? null : after.rows.store + after.rows.cache;
        const untouched =
          after?.untagged?.count === baseline?.untagged?.count && after?.untagged?.checksum === baseline?.untagged?.checksum;
        const holds = left === 0 && after?.tombstoned !== false && after?.untagged !== null && untouched;
        expect(proof.verified && !holds).toBe(false);
        expect(!proof.verified && after !== null && proof.problems.length === 0).toBe(false);
        expect([null, left]).toContain(proof.residue);
      }),
      { numRuns: 2_000 },
    );
  });
});
