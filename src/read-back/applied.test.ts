import { describe, expect, it } from "vitest";
import type { Reply } from "../model/scenario.ts";
import { appliedBy } from "./applied.ts";

const replyWith = (status: number, json: unknown = {}): Reply => ({ status, headers: {}, body: JSON.stringify(json), json });
const counted = { applied: (reply: Reply): number => reply.json.count };

describe("a reply to a read", () => {
  it.each([
    [200, 1],
    [204, 1],
    [404, 0],
    [410, 0],
    [302, null],
    [400, null],
    [401, null],
    [429, null],
    [500, null],
    [503, null],
  ])("of status %i says %s where the scenario does not say", (status, applied) => {
    expect(appliedBy({}, replyWith(status))).toBe(applied);
  });

  it("says what `applied` makes of it, whatever its status, unless that is no answer", () => {
    expect(appliedBy(counted, replyWith(200, { count: 2 }))).toBe(2);
    expect(appliedBy(counted, replyWith(200, { count: 0 }))).toBe(0);
    expect(appliedBy(counted, replyWith(400, { count: 0 }))).toBe(0);
    expect(appliedBy(counted, replyWith(500, { count: 0 }))).toBeNull();
  });

  it("says nothing where `applied` gives no number of times, but for what is plainly not there", () => {
    for (const count of [undefined, "2", 1.5, -1, Number.NaN]) expect(appliedBy(counted, replyWith(200, { count }))).toBeNull();
    expect(appliedBy(counted, replyWith(404, { error: "not found" }))).toBe(0);
    expect(appliedBy({ applied: () => JSON.parse("") }, replyWith(200))).toBeNull();
    expect(appliedBy({ applied: () => JSON.parse("") }, replyWith(410))).toBe(0);
  });
});
