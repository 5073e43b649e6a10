import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { troublesOf } from "./describe.ts";
import { baselineOf, clean, runId, target } from "./swept-target.fixture.ts";

/** What may happen around any one request of a cleanup. */
const happenings = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({ does: "nothing" } as const) },
    fc.record({ does: fc.constant("late rows" as const), count: fc.integer({ min: 1, max: 15 }) }),
    fc.record({ does: fc.constant("people write" as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.constant({ does: "a person deletes" } as const),
    fc.record({ does: fc.constant("misbehave" as const), kind: fc.constantFrom("drop" as const, "act-then-drop" as const) }),
    fc.record({ does: fc.constant("refuse" as const), status: fc.constantFrom(429, 500, 503, 401, 200) }),
  ),
  { maxLength: 25 },
);

describe("whatever happens around it", () => {
  it("never touches a row of another run or of people, never claims what is not so, and comes to an end", async () => {
    const outcomes = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(happenings, fc.integer({ min: 0, max: 60 }), fc.boolean(), async (script, rows, tells) => {
        target.reset();
        target.tellsDeleted = tells;
        target.add(20, null);
        target.add(5, "another-run");
        const baseline = await baselineOf();
        target.add(rows, runId);
        let people = target.rowsOf(null);
        const first = target.seen.length;
        target.interfere = (number) => {
          const happening = script[number - first];
          if (happening?.does === "late rows") target.add(happening.count, runId, "queue");
          if (happening?.does === "people write") target.add(happening.count, null);
          if (happening?.does === "a person deletes") target.rows = target.rows.filter((row) => row !== target.rowsOf(null)[0]);
          people = target.rowsOf(null);
          if (happening?.does === "misbehave") return { kind: happening.kind };
          return happening?.does === "refuse" ? { kind: "reply", status: happening.status, body: "{}" } : undefined;
        };
        const entry = await clean({ baseline, journal: { created: rows } });
        expect(target.rowsOf(null)).toEqual(people);
        expect(target.rowsOf("another-run")).toHaveLength(5);
        expect(target.seen.every(({ url }) => url.startsWith(`/synthetic/${runId}`))).toBe(true);
        expect(target.seen.length).toBeLessThan(200);
        const left = target.rowsOf(runId).length;
        expect([null, left]).toContain(entry.residue);
        target.interfere = () => undefined;
        const now = (await baselineOf())?.["http"]?.untagged;
        const holds = left === 0 && now?.checksum === baseline?.["http"]?.untagged?.checksum && target.tombstones.has(runId);
        expect(entry.verified && !holds).toBe(false);
        expect(!entry.verified && troublesOf(entry).length === 0).toBe(false);
        outcomes.add(entry.verified);
      }),
      { numRuns: 150 },
    );
    expect(outcomes).toEqual(new Set([true, false]));
  });
});
