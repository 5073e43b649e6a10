import { describe, expect, it } from "vitest";
import type { Operation, Reply } from "../model/scenario.ts";
import { judge } from "./outcome.ts";

const read: Operation = { kind: "read", weight: 1, request: () => ({ path: "/" }) };
const reply = (status: number, body = "{}"): Reply => ({ status, headers: {}, body, json: JSON.parse(body) });
const answered = (status: number) => ({ status, error: null, wasSent: true, wasRedirected: false });

describe("judging a request", () => {
  it.each([
    [200, "ok", null, "created"],
    [204, "ok", null, "created"],
    [302, "failed", "status:302", "unknown"],
    [404, "failed", "status:404", "rejected"],
    [429, "rejected", "status:429", "rejected"],
    [500, "failed", "status:500", "unknown"],
    [503, "rejected", "status:503", "rejected"],
  ])("takes status %i as %s", (status, outcome, errorKey, journal) => {
    expect(judge(read, answered(status), reply(status))).toMatchObject({ outcome, errorKey, journal });
  });

  it("takes the scenario's word on what status is expected", () => {
    const created: Operation = { ...read, expect: { status: [201, 409] } };
    expect(judge(created, answered(409), reply(409)).outcome).toBe("ok");
    expect(judge(created, answered(200), reply(200)).errorKey).toBe("status:200");
  });

  it("calls a write unknown once a byte of it has left, and unsent before", () => {
    expect(judge(read, { ...answered(0), error: "timeout:sent" }, reply(0)).journal).toBe("unknown");
    expect(judge(read, { ...answered(0), error: "connect:ECONNREFUSED", wasSent: false }, reply(0)).journal).toBe("unsent");
  });

  it.each([404, 429, 503])("calls a write unknown that was redirected, and then answered %i", (status) => {
    const seen = { ...answered(status), wasRedirected: true };
    expect(judge(read, seen, reply(status))).toMatchObject({ errorKey: `status:${status}`, journal: "unknown" });
    expect(judge({ ...read, expect: { status } }, seen, reply(status)).journal).toBe("created");
  });

  it("names the first check that fails, and one that throws has failed; the write has landed all the same", () => {
    const checked: Operation = { ...read, checks: { fine: () => true, green: (reply) => reply.json.color === "green" } };
    expect(judge(checked, answered(200), reply(200, '{"color":"red"}'))).toMatchObject({
      errorKey: "check:green",
      journal: "created",
    });
    const broken: Reply = {
      ...reply(200),
      get json() {
        throw new SyntaxError("no JSON");
      },
    };
    expect(judge(checked, answered(200), broken).errorKey).toBe("check:green");
  });

  it("does not take an async check's promise for a yes", async () => {
    const refuses = async (): Promise<boolean> => Promise.reject(new Error("no"));
    const checked = { ...read, checks: { later: refuses as unknown as () => boolean } };
    expect(judge(checked, answered(200), reply(200)).errorKey).toBe("check:later");
    await Promise.resolve();
  });

  it("takes the created id from the reply, and does without where the reply has none", () => {
    const creating: Operation = { ...read, created: (reply) => reply.json.id };
    expect(judge(creating, answered(201), reply(201, '{"id":7}')).createdId).toBe("7");
    expect(judge(creating, answered(201), reply(201, "{}")).createdId).toBeUndefined();
    expect(judge(creating, answered(201), reply(201, "null")).outcome).toBe("ok");
  });
});
