import { describe, expect, it } from "vitest";
import { faults, good, report, scan } from "./good-scenario.fixture.ts";

const staged = (...stages: readonly object[]) => ({ peak: { ratePerSec: 200 }, stages });

describe("what no single field can tell", () => {
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
      'cleanup: received none beside a store; expected either stores or the reason why there is none; write cleanup: { http: { path: "/synthetic/{run}" } }, or cleanup: { none: "the reason" }',
    ],
    [
      "a cleanup that says nothing",
      { cleanup: {} },
      'cleanup: received no store and no reason; expected at least one of them; write cleanup: { http: { path: "/synthetic/{run}" } }, or cleanup: { none: "the reason" }',
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
