import { expect, it } from "vitest";
import { faults, scan } from "./good-scenario.fixture.ts";

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
