import { describe as group, expect, it } from "vitest";
import { describe } from "./input-fault.ts";
import { scenarioFaults } from "./validate.ts";

const scan = { kind: "read", weight: 1, request: () => ({ path: "/" }) };
const report = { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/reports" }) };
const good = {
  name: "mine",
  target: "http://127.0.0.1:8460",
  load: { peak: { ratePerSec: 200 }, multiples: [1, 2, 3], hold: "30s" },
  users: {
    name: "people",
    pool: 100,
    popularity: "uniform",
    user: (seed: number, index: number) => ({ id: `${seed}-${index}` }),
  },
  operations: { scan },
};

/** The faults of the good scenario with some of its keys replaced, a line each. */
async function faults(changes: object): Promise<string[]> {
  return (await scenarioFaults({ ...good, ...changes })).map(describe);
}

it("finds nothing wrong with a scenario that says everything", async () => {
  expect(
    await faults({
      admin: "http://127.0.0.1:8461/",
      load: { ...good.load, warmup: "0s", pace: "burst", precision: "spin" },
      connections: { policy: "fresh", max: 10, deadline: "500ms" },
      operations: {
        scan: { ...scan, expect: { status: [200, 404] }, checks: { named: () => true } },
        report: { ...report, weight: 0, created: () => "1", undo: () => ({ path: "/" }), expect: { status: 201 } },
      },
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

it("lists the faults of every field at once, each with what came, what was expected and what to write", async () => {
  const lines = await faults({
    name: "",
    target: "https://shop.example",
    admin: "http://user:secret@127.0.0.1/path",
    load: { peak: { ratePerSec: "200" }, multiples: [1, 1], hold: "30 seconds", warmup: -1, pace: "steady", precision: "exact" },
    connections: { policy: "close", max: 0, deadline: "1h" },
    users: { name: 1, pool: 0.5, popularity: "pareto" },
    operations: {
      scan: { kind: "get", weight: -1, request: "/codes", expect: { status: 99 }, checks: { a: true }, created: 1, undo: 2 },
    },
    lanes: { trivial: "ping" },
    observe: { prometheus: "metrics", pids: ["1"] },
    budgets: "p99 <= 200ms",
    thirdParties: { lab: { callsPer: { scan: -1 }, limitPerSec: 0, notice: " " } },
    cleanup: { http: { path: "/synthetic", token: "hunter2", batch: 0, settle: "soon" } },
  });
  expect(lines.join("\n")).not.toMatch(/secret|hunter2/);
  expect(lines).toMatchInlineSnapshot(`
    [
      "name: received ""; expected a name of at most 80 characters; write name: "health-code-mixed"",
      "target: received "https://shop.example"; expected an http:// address with no path, query or user name; https is not supported yet; write target: "http://127.0.0.1:8460"",
      "admin: received "http://***@127.0.0.1/path"; expected an http:// address with no path, query or user name; https is not supported yet; write admin: "http://127.0.0.1:8461"",
      "load.peak.ratePerSec: received "200"; expected arrivals per second, above 0 and at most 1,000,000; write ratePerSec: 200",
      "load.multiples: received [1,1]; expected 1 to 50 different numbers above 0 and at most 1,000; write multiples: [1, 2, 3, 5]",
      "load.hold: received "30 seconds"; expected a duration from 100ms to 24h; write hold: "30s"",
      "load.warmup: received -1; expected a duration up to 1h; write warmup: "5s", or "0s" for none",
      "load.pace: received "steady"; expected "poisson", "uniform" or "burst"; write pace: "poisson"",
      "load.precision: received "exact"; expected "timer" or "spin"; write precision: "timer"",
      "connections.policy: received "close"; expected "keep-alive" or "fresh"; write policy: "keep-alive"",
      "connections.max: received 0; expected a whole number from 1 to 60,000; write max: 2_000",
      "connections.deadline: received "1h"; expected a duration from 1ms to 10m; write deadline: "10s"",
      "users.name: received 1; expected a text without line breaks; write name: "citizens"",
      "users.pool: received 0.5; expected a whole number from 1 to 100,000,000; write pool: 10_000",
      "users.popularity: received "pareto"; expected "uniform" or "zipf"; write popularity: "zipf"",
      "users.user: received nothing; expected a function (seed, index) that makes a user; write users: citizens({ pool: 10_000 })",
      "operations.scan.kind: received "get"; expected "read" or "write"; write kind: "read"",
      "operations.scan.weight: received -1; expected a number of at least 0; write weight: 1, or 0 for an operation that only prepare uses",
      "operations.scan.request: received "/codes"; expected a function (user, at) that returns { method, path, headers, json }; write request: (user) => ({ path: \`/codes/\${user.id}\` })",
      "operations.scan.expect.status: received 99; expected an HTTP status from 100 to 599, or a list of them; write expect: { status: [200, 404] }",
      "operations.scan.checks.a: received true; expected a function (reply) that returns true or false; write checks: { named: (reply) => reply.json.name !== undefined }",
      "operations.scan.created: received 1; expected a function (reply) that returns an id; write created: (reply) => reply.json.id",
      "operations.scan.undo: received 2; expected a function (id) that returns a request; write undo: (id) => ({ method: "DELETE", path: \`/reports/\${id}\` })",
      "lanes.trivial: received "ping"; expected a path that begins with "/" and has no spaces; write trivial: "/ping"",
      "observe.prometheus: received "metrics"; expected a path that begins with "/" and has no spaces; write prometheus: "/metrics"",
      "observe.pids: received ["1"]; expected a list of at most 64 process ids; write pids: [1234]",
      "budgets: received "p99 <= 200ms"; expected a list of at most 100 texts; write budgets: ["scan response p99 <= 200ms up to 3x", "errors <= 0.1% up to 3x"]",
      "thirdParties.lab.callsPer.scan: received -1; expected calls per request, at least 0; write callsPer: { report: 1 }",
      "thirdParties.lab.limitPerSec: received 0; expected calls per second, above 0; write limitPerSec: 400",
      "thirdParties.lab.notice: received " "; expected where the third party was told of the test; write notice: "ticket OPS-1234"",
      "cleanup.http.path: received "/synthetic"; expected a path that begins with "/" and contains {run}, so that only this run's rows are removed; write path: "/synthetic/{run}"",
      "cleanup.http.token: received a value (not shown); expected the name of an environment variable, never the token itself; write token: "env:PEAKPROOF_TOKEN"",
      "cleanup.http.batch: received 0; expected a whole number from 1 to 10,000; write batch: 500",
      "cleanup.http.settle: received "soon"; expected a duration up to 5m; write settle: "1s"",
      "operations: received no operation with a weight above 0; expected at least one with a weight above 0; write weight: 1",
    ]
  `);
});

it("says what is missing, down to the smallest whole that is", async () => {
  expect((await scenarioFaults({ load: { peak: {} } })).map(describe)).toMatchInlineSnapshot(`
    [
      "name: received nothing; expected a name of at most 80 characters; write name: "health-code-mixed"",
      "target: received nothing; expected an http:// address with no path, query or user name; https is not supported yet; write target: "http://127.0.0.1:8460"",
      "load.peak.ratePerSec: received nothing; expected arrivals per second, above 0 and at most 1,000,000; write ratePerSec: 200",
      "load.multiples: received nothing; expected 1 to 50 different numbers above 0 and at most 1,000; write multiples: [1, 2, 3, 5]",
      "load.hold: received nothing; expected a duration from 100ms to 24h; write hold: "30s"",
      "users: received nothing; expected an object; write users: citizens({ pool: 10_000 })",
      "operations: received nothing; expected an object; write operations: { scan: { ... } }",
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
        load: { ...good.load, peak: { ratePerSec: 1, rate: 2 }, stages: [] },
        operations: { scan: { ...scan, weigth: 1, body: "x" } },
      }),
    ).toMatchInlineSnapshot(`
      [
        "load.peak.rate: received an unknown key; expected one of ratePerSec; write ratePerSec",
        "load.stages: received an unknown key; expected one of peak, multiples, hold, warmup, pace, precision; write one of these, or nothing",
        "operations.scan.weigth: received an unknown key; expected one of kind, weight, request, expect, checks, created, undo; write weight",
        "operations.scan.body: received an unknown key; expected one of kind, weight, request, expect, checks, created, undo; write one of these, or nothing",
        "taget: received an unknown key; expected one of name, target, admin, load, connections, users, prepare, operations, lanes, observe, budgets, thirdParties, cleanup; write target",
      ]
    `);
  });
});

group("what no single field can tell", () => {
  it.each([
    [
      "no operation",
      { operations: {} },
      "operations: received no operation; expected at least one with a weight above 0; write weight: 1",
    ],
    [
      "only weights of 0",
      { operations: { scan: { ...scan, weight: 0 } } },
      "operations: received no operation with a weight above 0; expected at least one with a weight above 0; write weight: 1",
    ],
    [
      "an operation's name",
      { operations: { "my scan": scan } },
      'operations: received an operation named "my scan"; expected a letter, then up to 31 letters, digits, "-" or "_"; write a name such as "scan"',
    ],
    [
      "a budget that is none",
      { budgets: ["scan is fast"] },
      'budgets.0: received "scan is fast"; expected a latency or an error budget; write "scan response p99 <= 200ms up to 3x" or "errors <= 0.1% up to 3x"',
    ],
    [
      "a budget for an operation that is not there",
      { budgets: ["errors <= 1%", "sacn response p99 <= 200ms"] },
      'budgets.1: received "sacn"; expected an operation: scan; write scan',
    ],
    [
      "a preparation by an operation that reads",
      { prepare: { create: "scan", count: 1 }, operations: { scan, report }, cleanup: { none: "thrown away" } },
      'prepare.create: received "scan"; expected a write operation: report; write report',
    ],
    [
      "a preparation where nothing writes",
      { prepare: { create: "citizen", count: 1 } },
      'prepare.create: received "citizen"; expected a write operation, of which there is none; write one first',
    ],
    [
      "more preparation than users",
      { prepare: { create: "report", count: 101 }, operations: { scan, report }, cleanup: { none: "thrown away" } },
      "prepare.count: received 101; expected at most the pool's 100 users; write count: 100",
    ],
    [
      "third-party calls of an operation that is not there",
      { thirdParties: { lab: { callsPer: { reports: 1 }, limitPerSec: 1, notice: "OPS-1" } } },
      'thirdParties.lab.callsPer: received "reports"; expected an operation: scan; write scan',
    ],
    [
      "writes with no word on cleanup",
      { operations: { scan, report } },
      'cleanup: received nothing; expected how what the writes leave is removed, since there are write operations; write cleanup: { http: { path: "/synthetic/{run}" } }, or cleanup: { none: "the reason" }',
    ],
    [
      "two ways of cleaning",
      { cleanup: { none: "thrown away", http: { path: "/synthetic/{run}" } } },
      'cleanup: received both http and none; expected exactly one of them; write cleanup: { http: { path: "/synthetic/{run}" } }, or cleanup: { none: "the reason" }',
    ],
    [
      "a cleanup that says nothing",
      { cleanup: {} },
      'cleanup: received neither http nor none; expected exactly one of them; write cleanup: { http: { path: "/synthetic/{run}" } }, or cleanup: { none: "the reason" }',
    ],
    [
      "an undo that is given no id",
      { operations: { scan: { ...scan, undo: () => ({ path: "/" }) } } },
      "operations.scan.undo: received undo without created; expected created as well, since undo is given the id that created finds; write created: (reply) => reply.json.id",
    ],
    [
      "a top rate beyond the limit",
      { load: { ...good.load, peak: { ratePerSec: 500_000 } } },
      "load.multiples: received 1500000 arrivals per second at the top; expected peak times the highest multiple at most 1,000,000; write a lower multiple",
    ],
  ])("refuses %s", async (_what, changes, line) => {
    expect(await faults(changes)).toEqual([line]);
  });

  it("accepts writes with a reason why nothing is cleaned", async () => {
    expect(await faults({ operations: { scan, report }, cleanup: { none: "the database is thrown away" } })).toEqual([]);
  });
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
