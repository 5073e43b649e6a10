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

const staged = (...stages: readonly object[]) => ({ peak: { ratePerSec: 200 }, stages });

/** The faults of the good scenario with some of its keys replaced, a line each. */
async function faults(changes: object): Promise<string[]> {
  return (await scenarioFaults({ ...good, ...changes })).map(describe);
}

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

it("lists the faults of every field at once, each with what came, what was expected and what to write", async () => {
  const lines = await faults({
    name: "",
    target: "https://shop.example/shop",
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
      "target: received "https://shop.example/shop"; expected an http:// or https:// address with no path, query or user name, or a list of 1 to 16 different ones; write target: "http://127.0.0.1:8460"",
      "admin: received "http://***@127.0.0.1/path"; expected an http:// or https:// address with no path, query or user name; write admin: "http://127.0.0.1:8461"",
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
      "operations.scan.weight: received -1; expected a number of at least 0; write weight: 1, or 0 for no arrivals of its own",
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
      "operations: received no operation or journey with a weight above 0; expected at least one with a weight above 0; write weight: 1",
    ]
  `);
});

it("lists the faults of stages, connections, retries and journeys, too", async () => {
  const lines = await faults({
    target: ["http://127.0.0.1:1", "HTTP://127.0.0.1:1/"],
    load: { peak: { ratePerSec: 200 }, stages: [{ multiple: -1, ramp: "soon", hold: 3, rampp: "1s" }, "3x"] },
    connections: {
      protocol: "h3",
      proxy: "127.0.0.1:3128",
      resolve: { "health.example": "127.0.0.1", "a.example:443": "elsewhere" },
      sourceAddresses: ["eth0"],
      host: "a b",
      tls: { insecure: "yes", serverName: "127.0.0.1", ca: "", passphrase: "hunter2" },
    },
    operations: {
      scan: {
        ...scan,
        connection: "close",
        redirects: 21,
        retry: {
          attempts: 1,
          on: ["503"],
          backoff: "linear",
          base: "1",
          max: -1,
          jitter: 2,
          retryAfter: 1,
          attemptDeadline: "0s",
          budget: 0,
        },
      },
    },
    journeys: {
      visit: { weight: "1", steps: [{ operation: 1, think: ["1s"], when: true, carry: "id" }], cookies: 1 },
      other: [],
    },
    setup: "token",
  });
  expect(lines.join("\n")).not.toMatch(/hunter2/);
  expect(lines).toMatchInlineSnapshot(`
    [
      "target: received ["http://127.0.0.1:1","HTTP://127.0.0.1:1/"]; expected an http:// or https:// address with no path, query or user name, or a list of 1 to 16 different ones; write target: "http://127.0.0.1:8460"",
      "load.stages.0.multiple: received -1; expected a number above 0 and at most 1,000, or 0 for a ramp down to nothing; write multiple: 3",
      "load.stages.0.ramp: received "soon"; expected a duration from 100ms to 24h; write ramp: "10s"",
      "load.stages.0.hold: received 3; expected a duration from 100ms to 24h; write hold: "30s"",
      "load.stages.0.rampp: received an unknown key; expected one of multiple, ramp, hold; write ramp",
      "load.stages.1: received "3x"; expected an object; write { multiple: 3, ramp: "10s", hold: "30s" }",
      "connections.protocol: received "h3"; expected "h1" or "h2"; write protocol: "h1"",
      "connections.proxy: received "127.0.0.1:3128"; expected an http:// address with no path, query or user name, since TLS to a proxy is not supported; write proxy: "http://127.0.0.1:3128"",
      "connections.resolve["a.example:443"]: received "elsewhere"; expected an IP address; write resolve: { "health.example:443": "127.0.0.1" }",
      "connections.sourceAddresses: received ["eth0"]; expected 1 to 64 different IP addresses of this machine; write sourceAddresses: ["127.0.0.2", "127.0.0.3"]",
      "connections.host: received "a b"; expected a host name with or without a port, as the Host header has it; write host: "health.example"",
      "connections.tls.insecure: received "yes"; expected true or false; write insecure: true",
      "connections.tls.serverName: received "127.0.0.1"; expected a host name, which is no address; write serverName: "health.example"",
      "connections.tls.ca: received ""; expected the path of a PEM file, from the scenario file; write ca: "./ca.pem"",
      "connections.tls.passphrase: received a value (not shown); expected the name of an environment variable, never the passphrase itself; write passphrase: "env:CLIENT_KEY_PASSPHRASE"",
      "operations.scan.connection: received "close"; expected "keep-alive" or "fresh"; write connection: "fresh"",
      "operations.scan.redirects: received 21; expected a whole number from 0 to 20; write redirects: 3",
      "operations.scan.retry.attempts: received 1; expected a whole number from 2 to 10, the first attempt included; write attempts: 3",
      "operations.scan.retry.on: received ["503"]; expected a list of error keys, or of phases: status, connect, tls, sent, reading, timeout, check; write on: ["status:503", "connect", "timeout:reading"]",
      "operations.scan.retry.backoff: received "linear"; expected "none", "fixed" or "exponential"; write backoff: "exponential"",
      "operations.scan.retry.base: received "1"; expected a duration up to 10m; write base: "100ms"",
      "operations.scan.retry.max: received -1; expected a duration up to 10m; write max: "10s"",
      "operations.scan.retry.jitter: received 2; expected the part of each wait that is drawn at random, 0 to 1; write jitter: 1",
      "operations.scan.retry.retryAfter: received 1; expected true or false; write retryAfter: true",
      "operations.scan.retry.attemptDeadline: received "0s"; expected a duration from 1ms to 10m; write attemptDeadline: "2s"",
      "operations.scan.retry.budget: received 0; expected retries as a share of first attempts, above 0 and at most 10; write budget: 0.1",
      "journeys.visit.weight: received "1"; expected a number of at least 0; write weight: 1, or 0 for no arrivals of its own",
      "journeys.visit.steps.0.operation: received 1; expected the name of an operation; write operation: "scan"",
      "journeys.visit.steps.0.think: received ["1s"]; expected a duration up to 1h, or two of them: the shortest and the longest; write think: "1s", or think: ["500ms", "2s"]",
      "journeys.visit.steps.0.when: received true; expected a function (carried) that returns true or false; write when: (carried) => carried.status !== "green"",
      "journeys.visit.steps.0.carry: received "id"; expected a function (reply, carried) that returns what later steps need; write carry: (reply) => ({ reportId: reply.json.id })",
      "journeys.visit.cookies: received 1; expected true or false; write cookies: false",
      "journeys.other: received []; expected an object; write visit: { weight: 1, steps: [{ operation: "scan" }, { operation: "report", think: "2s" }] }",
      "setup: received "token"; expected a function (context) that returns what at.setup is to be; write setup: async ({ target, headers }) => ({ session: await logIn(target, headers) })",
      "journeys.visit.steps.0.think: received think in the first step; expected it in later steps, since nothing comes before the first; write nothing",
      "journeys.visit.steps.0.when: received when in the first step; expected it in later steps, since nothing comes before the first; write nothing",
      "connections.resolve: received "health.example"; expected host:port, the port always there; write resolve: { "health.example:443": "127.0.0.1" }",
      "connections.tls.passphrase: received passphrase without key; expected the key that it opens; write key: "./client.key"",
    ]
  `);
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
        "operations.scan.weigth: received an unknown key; expected one of kind, weight, request, expect, checks, created, undo, connection, redirects, retry; write weight",
        "operations.scan.body: received an unknown key; expected one of kind, weight, request, expect, checks, created, undo, connection, redirects, retry; write one of these, or nothing",
        "taget: received an unknown key; expected one of name, target, admin, load, connections, users, prepare, operations, journeys, setup, lanes, observe, budgets, thirdParties, cleanup; write target",
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
      "operations: received no operation or journey with a weight above 0; expected at least one with a weight above 0; write weight: 1",
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
    [
      "neither multiples nor stages",
      { load: { peak: { ratePerSec: 1 } } },
      'load: received neither multiples nor stages; expected either multiples with hold, or stages; write multiples: [1, 2, 3, 5], hold: "30s"',
    ],
    [
      "multiples that are not held",
      { load: { peak: { ratePerSec: 1 }, multiples: [1] } },
      'load.hold: received nothing; expected a duration from 100ms to 24h; write hold: "30s"',
    ],
    [
      "stages beside multiples",
      { load: { peak: { ratePerSec: 1 }, multiples: [1], stages: [{ multiple: 1, hold: "1s" }] } },
      "load.multiples: received multiples beside stages; expected either multiples with hold, or stages; write one of the two",
    ],
    [
      "a stage that takes no time",
      { load: staged({ multiple: 1, hold: "1s" }, { multiple: 2 }) },
      'load.stages.1: received a stage that takes no time; expected a ramp, a hold, or both; write { multiple: 2, hold: "30s" }',
    ],
    [
      "stages of which none is held",
      { load: staged({ multiple: 1, ramp: "1s" }) },
      'load.stages: received no stage with a hold; expected at least one that is held, since nothing is judged by a ramp; write hold: "30s"',
    ],
    [
      "a hold at nothing",
      { load: staged({ multiple: 1, hold: "1s" }, { multiple: 0, hold: "1s" }) },
      "load.stages.1.multiple: received 0; expected 0 only for a ramp down to nothing, with no hold; write multiple: 0.1, or no such stage",
    ],
    [
      "a ramp from nothing to nothing",
      { load: staged({ multiple: 0, ramp: "1s" }, { multiple: 1, hold: "1s" }) },
      "load.stages.0.multiple: received 0; expected 0 only for a ramp down to nothing, with no hold; write multiple: 0.1, or no such stage",
    ],
    [
      "a top stage beyond the limit",
      { load: { ...staged({ multiple: 3, hold: "1s" }), peak: { ratePerSec: 500_000 } } },
      "load.stages: received 1500000 arrivals per second at the top; expected peak times the highest multiple at most 1,000,000; write a lower multiple",
    ],
    [
      "too many stages",
      { load: staged(...Array.from({ length: 101 }, () => ({ multiple: 1, hold: "1s" }))) },
      "load.stages: received 101 stages; expected at most 100; write fewer",
    ],
    [
      "a journey's step that names no operation",
      { journeys: { visit: { weight: 1, steps: [{ operation: "scna" }] } } },
      'journeys.visit.steps.0.operation: received "scna"; expected an operation: scan; write scan',
    ],
    [
      "a journey without steps",
      { journeys: { visit: { weight: 1, steps: [] } } },
      'journeys.visit.steps: received 0 steps; expected 1 to 50; write steps: [{ operation: "scan" }]',
    ],
    [
      "a journey named like an operation",
      { journeys: { scan: { weight: 1, steps: [{ operation: "scan" }] } } },
      'journeys.scan: received the name of an operation, "scan"; expected a name of its own; write "scan-journey"',
    ],
    [
      "a journey that waits before it begins",
      { journeys: { visit: { weight: 1, steps: [{ operation: "scan", think: "1s" }] } } },
      "journeys.visit.steps.0.think: received think in the first step; expected it in later steps, since nothing comes before the first; write nothing",
    ],
    [
      "a think time whose bounds are the wrong way round",
      { journeys: { visit: { weight: 1, steps: [{ operation: "scan" }, { operation: "scan", think: ["2s", "1s"] }] } } },
      'journeys.visit.steps.1.think: received ["2s","1s"]; expected the shortest first; write think: ["1s", "2s"]',
    ],
    [
      "too many journeys",
      {
        journeys: Object.fromEntries(
          Array.from({ length: 33 }, (_, at) => [`j${at}`, { weight: 1, steps: [{ operation: "scan" }] }]),
        ),
      },
      "journeys: received 33 journeys; expected at most 32; write fewer, or several scenarios",
    ],
    [
      "a budget for a journey",
      { budgets: ["visit response p99 <= 1s"], journeys: { visit: { weight: 1, steps: [{ operation: "scan" }] } } },
      'budgets.0: received the journey "visit"; expected an operation, since a journey is judged by its requests: scan; write scan',
    ],
    [
      "a retry's longest wait that is shorter than its first",
      { operations: { scan: { ...scan, retry: { attempts: 2, base: "20s" } } } },
      'operations.scan.retry: received base "20s" and max "10s"; expected max at least base; write max: "20s"',
    ],
    [
      "an address for a target that a proxy looks up",
      { target: "http://Health.example/", connections: { proxy: "http://p:1", resolve: { "HEALTH.example:80": "::1" } } },
      'connections.resolve: received "health.example:80" for an http target behind a proxy; expected none, since a proxy goes by the target\'s own name where it forwards plain HTTP/1.1; write target: "http://[::1]:80" instead (--target http://[::1]:80), or no proxy',
    ],
    [
      "a Host that a proxy replaces",
      { target: ["https://a", "http://127.0.0.1:8460"], connections: { proxy: "http://p:1", host: "health.example" } },
      'connections.host: received "health.example" for an http target behind a proxy; expected none, since a proxy goes by the target\'s own name where it forwards plain HTTP/1.1; write target: "http://health.example:8460" instead (--target http://health.example:8460), or no proxy',
    ],
    [
      "authorities to trust beside no verification",
      { connections: { tls: { insecure: true, ca: "ca.pem" } } },
      'connections.tls: received insecure together with ca; expected one of the two: verified by ca, or not at all; write ca: "./ca.pem"',
    ],
    [
      "a certificate without its key",
      { connections: { tls: { cert: "c.pem" } } },
      'connections.tls: received cert alone; expected a client certificate and its key; write key: "./client.key"',
    ],
    [
      "a passphrase that opens nothing",
      { connections: { tls: { passphrase: "env:PASS" } } },
      'connections.tls.passphrase: received passphrase without key; expected the key that it opens; write key: "./client.key"',
    ],
  ])("refuses %s", async (_what, changes, line) => {
    expect(await faults(changes)).toEqual([line]);
  });

  it.each([
    ["https://health.example", {}],
    ["http://health.example:443", { protocol: "h2" }],
  ])("accepts an address and a Host for %s, to which a proxy opens a tunnel", async (target, more) => {
    const own = { proxy: "http://p:1", resolve: { "health.example:443": "127.0.0.1" }, host: "health.example" };
    expect(await faults({ target, connections: { ...own, ...more } })).toEqual([]);
  });

  it("accepts an address for the proxy itself", async () => {
    expect(await faults({ connections: { proxy: "http://p:1", resolve: { "p:1": "127.0.0.1" } } })).toEqual([]);
  });

  it("accepts operations that only journeys reach", async () => {
    const journeys = { visit: { weight: 1, steps: [{ operation: "scan" }] } };
    expect(await faults({ operations: { scan: { ...scan, weight: 0 } }, journeys })).toEqual([]);
  });

  it("accepts writes with a reason why nothing is cleaned", async () => {
    expect(await faults({ operations: { scan, report }, cleanup: { none: "the database is thrown away" } })).toEqual([]);
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
