import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import type { HttpCleanup } from "../../src/model/cleanup-rules.ts";
import type { Fault } from "../../src/model/fault.ts";
import { addressOf, planHttp } from "./plan.ts";
import { secretSource } from "../../src/safety/secret-source.ts";

const admin = "http://127.0.0.1:8461";

describe("planHttp refuses", () => {
  const refusal = (rules: HttpCleanup, runId = "r-1", at = admin): Fault => faultOf(() => planHttp(rules, "http", runId, at));

  it.each([
    ["a path that does not name the run", { path: "/synthetic" }, "must name the run"],
    ["a path that is none", { path: "synthetic/{run}" }, "must name the run"],
    ["a path that leaves the admin host", { path: "//elsewhere.example.com/{run}" }, "leaves the admin address"],
    ["a batch of no rows", { path: "/{run}", batch: 0 }, "batch"],
    ["a batch without end", { path: "/{run}", batch: 1e9 }, "batch"],
  ])("%s", (_, rules, words) => {
    const fault = refusal(rules);
    expect(fault.kind).toBe("usage");
    expect(fault.message).toContain(words);
  });

  it("a run id that could mean another path", () => {
    expect(refusal({ path: "/synthetic/{run}" }, "../other").message).toContain("run id");
  });

  it("credentials in the admin address, without repeating them", () => {
    const fault = refusal({ path: "/{run}" }, "r-1", "http://me:hunter22@127.0.0.1");
    expect(fault.message + JSON.stringify(fault.detail)).not.toContain("hunter22");
  });

  it("nothing else: whatever the path, the address stays on the admin host and names the run", () => {
    fc.assert(
      fc.property(fc.webPath(), fc.stringMatching(/^[a-z0-9-]{1,48}$/), (path, runId) => {
        const url = addressOf(`/x${path}/{run}`, "path", runId, admin);
        expect(new URL(url).origin).toBe(admin);
        expect(url).toContain(runId);
      }),
      { numRuns: 50 },
    );
  });
});

it("says which of its paths is at fault", () => {
  expect(() => addressOf("/all", "untagged", "r-1", admin)).toThrow("cleanup.http.untagged must name the run");
});

it("never repeats a token that was written out in a scenario", () => {
  expect(() => secretSource("s3cret-token", "cleanup.http.token")).toThrow(/must name an environment variable/);
  expect(() => secretSource("s3cret-token", "cleanup.http.token")).not.toThrow(/s3cret/);
});
