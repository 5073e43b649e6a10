import { expect, it } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import { canariesOf, checkAccepted, checkSeen, describeHandshake, describeHops } from "./verdict.ts";

const canary = { runId: "run-c2", operation: "checkin" };
const sent = { problem: null, createdId: undefined };

it("passes a canary that was seen at all of its hops", () => {
  expect(() => checkSeen(canary, sent, [{ hop: "store", afterUs: 12_000 }], 5_000_000)).not.toThrow();
  expect(() => checkSeen(canary, sent, [], 5_000_000)).not.toThrow();
});

it("names every hop that a tag did not reach, and those that it did", () => {
  const sightings = [
    { hop: "queue", afterUs: 12_000 },
    { hop: "store", afterUs: null },
    { hop: "log", afterUs: null },
  ];
  const fault = faultOf(() => checkSeen(canary, { ...sent, createdId: "c-17" }, sightings, 5_000_000));
  expect(fault.kind).toBe("safety");
  expect(fault.message).toBe('the tag of "checkin" did not reach hops "store" and "log" within 5 s: no write load without it');
  expect(fault.detail.received).toBe("run id run-c2 at queue (12 ms)");
  expect(fault.detail.fix).toContain("c-17");
});

it("says so where it reached none", () => {
  const fault = faultOf(() => checkSeen(canary, sent, [{ hop: "store", afterUs: null }], 5_000_000));
  expect(fault.message).toBe('the tag of "checkin" did not reach hop "store" within 5 s: no write load without it');
  expect(fault.detail.received).toBe("run id run-c2 at no hop");
});

it("lets nothing be written after a canary that was not accepted", () => {
  checkAccepted(canary, sent);
  const fault = faultOf(() => checkAccepted(canary, { ...sent, problem: "failed: status:503" }));
  expect(fault).toMatchObject({ kind: "safety", message: expect.stringContaining('"checkin" failed: status:503') });
});

it("tells in one line where what was seen, and in the plan where it will be looked for", () => {
  const hops = [
    { operation: "report", hop: "store", afterUs: 12_000 },
    { operation: "report", hop: "laboratory", afterUs: 31_000 },
    { operation: "checkin", hop: "store", afterUs: 20_000 },
  ];
  expect(describeHops({ hops })).toBe("report seen at store 12 ms, laboratory 31 ms; checkin at store 20 ms");
  expect(describeHandshake(["store", "laboratory"], 3)).toBe("store, laboratory; 3 canaries");
  expect(canariesOf(1)).toBe("1 canary");
});
