import { describe as group, expect, it } from "vitest";
import { faults, good, report, scan } from "./good-scenario.fixture.ts";
import { describe } from "./input-fault.ts";
import { scenarioFaults } from "./validate.ts";

it("finds nothing wrong with a scenario that says everything", async () => {
  expect(
    await faults({
      target: ["https://127.0.0.1:8460", "https://127.0.0.1:8470/"],
      admin: "http://127.0.0.1:8461/",
      load: { ...good.load, warmup: "0s", pace: "burst", precision: "spin" },
      connections: {
        policy: "fresh",
        max: 10,
        deadline: "500ms",
        protocol: "h2",
        proxy: "http://127.0.0.1:3128",
        resolve: { "health.example:443": "127.0.0.1", "[::1]:80": "::1" },
        sourceAddresses: ["127.0.0.2", "::1"],
        host: "health.example:8443",
        tls: { insecure: false, serverName: "health.example", ca: "ca.pem", cert: "c.pem", key: "k.pem", passphrase: "env:PASS" },
      },
      operations: {
        scan: {
          ...scan,
          expect: { status: [200, 404] },
          checks: { named: () => true },
          connection: "fresh",
          redirects: 3,
          retry: {
            attempts: 3,
            on: ["status:503", "status", "connect", "timeout:reading", "check:named"],
            backoff: "fixed",
            base: "1s",
            max: "1s",
            jitter: 0,
            retryAfter: false,
            attemptDeadline: "2s",
            budget: 0.1,
          },
        },
        report: { ...report, weight: 0, created: () => "1", undo: () => ({ path: "/" }), expect: { status: 201 } },
      },
      journeys: {
        visit: {
          weight: 1,
          cookies: false,
          steps: [
            { operation: "scan", carry: () => ({ id: 1 }) },
            { operation: "report", think: ["1s", "2s"], when: () => true },
            { operation: "scan", think: "1s" },
          ],
        },
      },
      setup: () => 1,
      prepare: { create: "report", count: 100 },
      lanes: { trivial: "/ping" },
      observe: { prometheus: "/metrics", pids: [1] },
      budgets: ["scan response p99 <= 200ms up to 3x", "errors <= 0.1%"],
      thirdParties: { lab: { callsPer: { report: 1 }, limitPerSec: 400, notice: "ticket OPS-1234" } },
      cleanup: { http: { path: "/synthetic/{run}", token: "env:TOKEN:-open", batch: 100, settle: "2s" } },
    }),
  ).toEqual([]);
});

it("accepts an author's own class as a source of users", async () => {
  class People {
    readonly name = "people";
    readonly pool = 5;
    readonly popularity = "zipf";
    readonly #prefix = "p";
    user(seed: number, index: number) {
      return { id: `${this.#prefix}${seed}-${index}` };
    }
  }
  expect(await faults({ users: new People() })).toEqual([]);
});

it("says what is missing, down to the smallest whole that is", async () => {
  expect((await scenarioFaults({ load: { peak: {} } })).map(describe)).toMatchInlineSnapshot(`
    [
      "name: received nothing; expected a name of at most 80 characters; write name: "health-code-mixed"",
      "target: received nothing; expected an http:// or https:// address with no path, query or user name, or a list of 1 to 16 different ones; write target: "http://127.0.0.1:8460"",
      "load.peak.ratePerSec: received nothing; expected arrivals per second, above 0 and at most 1,000,000; write ratePerSec: 200",
      "users: received nothing; expected an object; write users: citizens({ pool: 10_000 })",
      "operations: received nothing; expected an object; write operations: { scan: { ... } }",
      "load: received neither multiples nor stages; expected either multiples with hold, or stages; write multiples: [1, 2, 3, 5], hold: "30s"",
    ]
  `);
});

it.each([undefined, null, 5, "text", [], () => 1])("refuses a default export that is no object: %s", async (raw) => {
  const [first] = await scenarioFaults(raw);
  expect(first).toMatchObject({
    path: "the default export",
    expected: "an object",
    fix: "export default defineScenario({ ... })",
  });
});

group("unknown keys", () => {
  it("are refused with what was probably meant", async () => {
    expect(
      await faults({
        taget: "http://127.0.0.1:1",
        load: { ...good.load, peak: { ratePerSec: 1, rate: 2 }, stage: [] },
        operations: { scan: { ...scan, weigth: 1, body: "x" } },
      }),
    ).toMatchInlineSnapshot(`
      [
        "load.peak.rate: received an unknown key; expected one of ratePerSec; write ratePerSec",
        "load.stage: received an unknown key; expected one of peak, multiples, hold, stages, warmup, pace, precision; write stages",
        "operations.scan.weigth: received an unknown key; expected one of kind, weight, request, expect, checks, created, undo, readBack, applied, connection, redirects, retry; write weight",
        "operations.scan.body: received an unknown key; expected one of kind, weight, request, expect, checks, created, undo, readBack, applied, connection, redirects, retry; write one of these, or nothing",
        "taget: received an unknown key; expected one of name, target, admin, load, connections, users, prepare, operations, journeys, setup, lanes, observe, budgets, thirdParties, faults, tags, handshake, writes, safety, cleanup; write target",
      ]
    `);
  });
});

it.each([
  [[]],
  [["http://a", "http://a/"]],
  [["http://a", "ftp://b"]],
  [["http://a", 1]],
  [Array.from({ length: 17 }, (_, at) => `http://h${at}`)],
])("refuses the targets %j", async (target) => {
  expect(await faults({ target })).toHaveLength(1);
});

it.each(["x.example:70000", "1.2.3.999", "[::1:80"])("refuses the host %s, which is in no URL", async (host) => {
  const lines = await faults({ connections: { host } });
  expect(lines.filter((line) => line.startsWith("connections.host: received"))).toHaveLength(1);
});

it.each(["ftp://host", "host:80", "http://host/path", "http://host?x=1", "http://u@host", "", "http://"])(
  "refuses the target %j",
  async (target) => {
    expect(await faults({ target })).toHaveLength(1);
  },
);

it.each([
  [[]],
  [[0]],
  [[-1]],
  [[1, 1]],
  [["1"]],
  [[1_001]],
  [[Number.NaN]],
  [[Infinity]],
  [1],
  [Array.from({ length: 51 }, (_, at) => at + 1)],
])("refuses the multiples %j", async (multiples) => {
  expect(await faults({ load: { ...good.load, multiples } })).toHaveLength(1);
});
