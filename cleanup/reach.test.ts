import { expect, it } from "vitest";
import type { StoreSettings } from "../src/model/plan.ts";
import { exampleRun } from "./example-run.ts";
import { storeHosts } from "./reach.ts";
import { adminToken, resolveSecrets } from "./secrets.ts";

const runWith = (...stores: StoreSettings[]) => exampleRun({ plan: { cleanup: { stores } } });
const keys = ["report:{run}:*"];

it("names the hosts of databases, written out or by variable, and no password", () => {
  const run = runWith(
    { kind: "http", path: "/{run}" },
    { kind: "postgres", url: "env:DATABASE_URL", tables: ["reports"] },
    { kind: "redis", url: "redis://cache.example/0", keys },
    { kind: "redis", url: "env:REDIS_URL:-redis://[::1]:6380", keys },
  );
  const environment = { DATABASE_URL: "postgres://me:hunter2@db.example:5432/health" };
  expect(storeHosts(run, environment)).toEqual(["db.example", "cache.example", "::1"]);
  expect(storeHosts(exampleRun({ plan: { cleanup: null } }), {})).toEqual([]);
});

it("leaves what is not set or no address to whoever opens it", () => {
  const run = runWith({ kind: "postgres", url: "env:DATABASE_URL", tables: ["reports"] });
  expect(storeHosts(run, { DATABASE_URL: "hunter2" })).toEqual([]);
  expect(storeHosts(run, {})).toEqual([]);
});

it("knows the admin address's token by the store behind it", () => {
  const run = runWith({ kind: "redis", url: "redis://127.0.0.1", keys }, { kind: "http", path: "/{run}", token: "env:T" });
  expect(adminToken(run, resolveSecrets(run, { T: "abc" }))).toBe("abc");
  expect(adminToken(runWith({ kind: "http", path: "/{run}" }), {})).toBeNull();
});
