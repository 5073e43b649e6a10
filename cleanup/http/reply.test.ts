import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReply } from "./reply.ts";
import { sentenceOf, StoreFault } from "../store.ts";

const state = { rows: { store: 2, cache: 1, queue: 0 }, untagged: { count: 5, checksum: "ab" }, tombstoned: false };
const good = { run: "r-1", ...state };

function refusal(body: string): StoreFault {
  try {
    parseReply(body, "r-1", "GET http://x/r-1");
  } catch (thrown) {
    if (thrown instanceof StoreFault) return thrown;
  }
  throw new Error("expected a StoreFault");
}

function countsOrFault(body: string): readonly number[] | StoreFault {
  try {
    return Object.values(parseReply(body, "r-1", "GET").state.rows);
  } catch (thrown) {
    if (thrown instanceof StoreFault) return thrown;
    throw thrown;
  }
}

describe("parseReply", () => {
  it("believes a reply of the contract's shape, and ignores what it does not know", () => {
    expect(parseReply(JSON.stringify({ ...good, extra: [1] }), "r-1", "").state).toEqual(state);
  });

  it("reads untagged rows that are not counted as null", () => {
    expect(parseReply(JSON.stringify({ ...good, untagged: null }), "r-1", "").state.untagged).toBeNull();
    expect(parseReply(JSON.stringify({ ...good, untagged: undefined }), "r-1", "").state.untagged).toBeNull();
  });

  it("keeps the target's own count of deleted rows where it gives one", () => {
    expect(parseReply(JSON.stringify({ ...good, deleted: 3 }), "r-1", "").deleted).toBe(3);
    expect(parseReply(JSON.stringify(good), "r-1", "").deleted).toBeNull();
  });

  it("lists everything wrong at once, and says what was expected", () => {
    const fault = refusal(JSON.stringify({ run: "r-2", rows: { store: "many" }, untagged: 7, tombstoned: "yes", deleted: -1 }));
    for (const words of [
      'run is "r-2", not r-1',
      'rows.store is "many"',
      "untagged is 7",
      'tombstoned is "yes"',
      "deleted is -1",
    ]) {
      expect(fault.message).toContain(words);
    }
    expect(sentenceOf(fault)).toContain('expected: {"run"');
    expect(fault.transient).toBe(false);
  });

  it.each(["", "<html>504</html>", "null", "[]", "42", '{"rows":{}}', '{"rows":null}', "[".repeat(10_000)])(
    "refuses %j",
    (body) => {
      expect(refusal(body).kind).toBe("unreachable");
    },
  );

  it("refuses counts that are negative, broken, or beyond any store", () => {
    for (const store of [-1, 0.5, 1e13, null, true]) {
      expect(refusal(JSON.stringify({ ...good, rows: { store } })).message).toContain("rows.store");
    }
  });

  it("quotes a wrong reply shortly and without its secrets", () => {
    const fault = refusal(JSON.stringify({ password: "hunter22", rows: "x".repeat(10_000) }));
    expect(fault.detail.received).not.toContain("hunter22");
    expect(sentenceOf(fault).length).toBeLessThan(1_000);
  });

  it("classes any text: a state or a StoreFault, nothing else", () => {
    const value = fc.oneof(
      fc.json(),
      fc.string(),
      fc.object().map((extra) => JSON.stringify({ ...good, ...extra })),
    );
    const hostile = fc.jsonValue().chain((rows) => fc.constant(JSON.stringify({ ...good, rows })));
    fc.assert(
      fc.property(fc.oneof(value, hostile), (body) => {
        const counts = countsOrFault(body);
        expect(counts instanceof StoreFault || counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
