import { get, request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { get as httpsGet } from "node:https";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { certificate } from "../../test/tls-server.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { loadScenario } from "../scenario/load.ts";
import { makePlan } from "../scenario/plan.ts";
import { calibrate } from "./calibrate.ts";
import { nullKindOf } from "./messages.ts";
import { nullPem } from "./null-pem.ts";
import { NullTarget } from "./null-target.ts";
import { soloOperations, trialPlan } from "./trial-plan.ts";

const path = join(fileURLToPath(new URL("../..", import.meta.url)), "scenarios/health-code/mixed.ts");
const scenario = await loadScenario(path);
const plan = makePlan(scenario);
const forever = new AbortController().signal;

describe("the null server", () => {
  it("answers GET, HEAD and POST over HTTP/1.1, and closes a connection when asked to", async () => {
    using target = await NullTarget.start({ protocol: "h1", tls: "none" }, forever);
    const [reply] = await once(get(target.origin, { agent: false }), "response");
    expect(reply.statusCode).toBe(200);
    expect(Buffer.concat(await reply.toArray()).toString()).toBe("{}");
    const [headReply] = await once(httpRequest(target.origin, { method: "HEAD", agent: false }).end(), "response");
    expect(headReply.headers["content-length"]).toBe("2");
    const [postReply] = await once(
      httpRequest(target.origin, { method: "POST", agent: false }).end("x".repeat(70_000)),
      "response",
    );
    expect(postReply.statusCode).toBe(200);
  });

  it("answers HTTP/2", async () => {
    using target = await NullTarget.start({ protocol: "h2", tls: "none" }, forever);
    const session = connectHttp2(target.origin);
    const stream = session.request({ ":path": "/" });
    const [headers] = await once(stream, "response");
    expect(headers[":status"]).toBe(200);
    session.destroy();
  });

  it("speaks TLS by a certificate that only a calibration trusts, and asks for the client's where the plan has one", async () => {
    using target = await NullTarget.start({ protocol: "h1", tls: "server" }, forever);
    const [reply] = await once(httpsGet(target.origin, { ca: readFileSync(nullPem), agent: false }), "response");
    expect(reply.statusCode).toBe(200);
    await expect(once(httpsGet(target.origin, { agent: false }), "response")).rejects.toThrow("self-signed certificate");

    using mutual = await NullTarget.start({ protocol: "h1", tls: "mutual" }, forever);
    const own = {
      cert: readFileSync(certificate("client")),
      key: readFileSync(certificate("client-key")),
      passphrase: "open-sesame",
    };
    const socket = connectTls({ port: Number(new URL(mutual.origin).port), ca: readFileSync(nullPem), ...own });
    await once(socket, "secureConnect");
    expect(socket.getCertificate()).toMatchObject({ subject: { CN: "Peakproof test client" } });
    socket.destroy();
  });

  it("answers HTTP/2 over TLS", async () => {
    using target = await NullTarget.start({ protocol: "h2", tls: "server" }, forever);
    const session = connectHttp2(target.origin, { ca: readFileSync(nullPem) });
    const [headers] = await once(session.request({ ":path": "/" }), "response");
    expect(headers[":status"]).toBe(200);
    session.destroy();
  });

  it("is not waited for when nobody wants it any more", async () => {
    await expect(NullTarget.start({ protocol: "h1", tls: "none" }, AbortSignal.abort("stopped"))).rejects.toBe("stopped");
  });
});

describe("the null server of a plan", () => {
  const { connections } = plan;
  const targets = ["http://a", "https://b"];

  it("speaks what the dearest of its targets speaks", () => {
    expect(nullKindOf(plan)).toEqual({ protocol: "h1", tls: "none" });
    expect(nullKindOf({ targets, connections })).toEqual({ protocol: "h1", tls: "server" });
    const mutual = { ...connections, protocol: "h2" as const, tls: { ...connections.tls, cert: "/client.pem" } };
    expect(nullKindOf({ targets, connections: mutual })).toEqual({ protocol: "h2", tls: "mutual" });
  });

  it("is the only one that is trusted, by its own name, as strictly as the plan's targets", () => {
    const tls = {
      ...connections.tls,
      verify: false,
      ca: "/ca.pem",
      cert: "/client.pem",
      key: "/client-key.pem",
      serverName: "health.example",
    };
    const trial = trialPlan({ ...plan, targets, connections: { ...connections, tls } }, [], "https://127.0.0.1:1");
    expect(trial.connections.tls).toEqual({ ...tls, ca: nullPem, serverName: "localhost" });
  });
});

describe("the requests of a calibration", () => {
  it("are the scenario's own, as reads, as often as arrivals and journeys come by them", () => {
    const solo = soloOperations(plan, scenario.input, undefined);
    expect(solo.operations.map(({ kind }) => kind)).toEqual(plan.operations.map(() => "read"));
    expect(solo.operations.map(({ weight }) => weight)).toEqual(plan.operations.map(({ weight }) => weight));
    expect(solo.meanBytes).toBeGreaterThan(200);
    const steps = [0, 1, 0].map((operation) => ({ operation, thinkUs: [0, 0] as const }));
    const journeyed = soloOperations({ ...plan, journeys: [{ name: "visit", weight: 2, steps }] }, scenario.input, undefined);
    expect(journeyed.operations[0]!.weight).toBe(plan.operations[0]!.weight + 4);
  });

  it("leave out what only a journey can make", () => {
    const carried: ScenarioInput = {
      ...scenario.input,
      operations: {
        first: { kind: "read", weight: 1, request: () => ({ path: "/" }) },
        next: {
          kind: "write",
          weight: 1,
          request: (_, at) => ({ path: `/${(at.carried as { id: { text: string } }).id.text}` }),
        },
      },
    };
    const operations = Object.entries(carried.operations).map(([name, { kind, weight }]) => ({ name, kind, weight }));
    expect(soloOperations({ ...plan, operations }, carried, undefined).operations).toEqual([
      { name: "first", kind: "read", weight: 1 },
      { name: "next", kind: "read", weight: 0 },
    ]);
  });

  it("go nowhere but to the null server", () => {
    const proxied = { ...plan, connections: { ...plan.connections, proxy: "http://proxy", sourceAddresses: ["10.0.0.1"] } };
    const { target, targets, admin, connections } = trialPlan(proxied, [], "http://127.0.0.1:1");
    expect({ target, targets, admin }).toEqual({
      target: "http://127.0.0.1:1",
      targets: ["http://127.0.0.1:1"],
      admin: "http://127.0.0.1:1",
    });
    expect(connections).toMatchObject({ proxy: null, sourceAddresses: [], resolve: {} });
  });
});

describe("a calibration", () => {
  const { operations } = soloOperations(plan, scenario.input, undefined);

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const calibrated = calibrate({ plan, operations, setup: undefined, signal: stop.signal });
    setTimeout(() => stop.abort("stopped by SIGINT"), 300);
    await expect(calibrated).rejects.toBe("stopped by SIGINT");
  });

  it("rejects where the scenario cannot be loaded in a thread", async () => {
    const lost = { ...plan, scenario: { ...plan.scenario, path: "/nowhere.ts" } };
    await expect(calibrate({ plan: lost, operations, setup: undefined, signal: forever })).rejects.toThrow(/nowhere/);
  });
});
