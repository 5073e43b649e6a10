/** Runs whose target calls a third party: what it gets is counted, faults are put before it, and no agreement is broken. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request, Agent, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../src/model/events.ts";
import { startApi, type StartedApi } from "../src/proxy/started-proxy.fixture.ts";
import { lognormal } from "../src/stub/latency.ts";
import { createStub, type Stub } from "../src/stub/stub-server.ts";
import { Folder, peakproof, start, summaryOf, until, type Ended } from "./cli.ts";

const fanOut = fileURLToPath(new URL("./scenarios/fan-out.ts", import.meta.url));

let stub: Stub;
let api: StartedApi;
/** Address of the laboratory itself, and by way of the proxy. */
let labUrl = "";
let proxiedUrl = "";

const listen = async (server: Server): Promise<string> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

beforeAll(async () => {
  stub = createStub({ name: "lab", status: 200, body: "{}", latency: lognormal(5, 0.3), limitPerSec: Number.POSITIVE_INFINITY });
  labUrl = await listen(stub.server);
  api = await startApi();
  const upstream = new URL(labUrl).host;
  const created = await api.call("POST", "/proxies", { name: "lab", listen: "127.0.0.1:0", upstream });
  proxiedUrl = `http://${(created.body as { listen: string }).listen}`;
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  stub.server.closeAllConnections();
  stub.server.close();
});

/** A service that calls the laboratory so many times for each report, tag and all, and counts its calls. */
async function startService(
  calls: number,
  lab: string,
): Promise<AsyncDisposable & { readonly url: string; readonly reports: () => number }> {
  const agent = new Agent({ keepAlive: true });
  let reports = 0;
  let made = 0;
  const callLab = (headers: Record<string, string>): Promise<void> =>
    new Promise((resolve) => {
      made += 1;
      request(`${lab}/analyses`, { agent, headers }, (reply) => reply.resume().on("end", resolve))
        .on("error", () => resolve())
        .end();
    });
  const server = createServer((asked, reply) => {
    asked.resume();
    if (asked.url === "/metrics") return void reply.end(`lab_calls_total{host="lab"} ${made}\n`);
    reports += 1;
    const headers = { "x-synthetic-run": asked.headers["x-synthetic-run"]?.toString() ?? "" };
    void Promise.all(Array.from({ length: calls }, () => callLab(headers))).then(() => reply.end("{}"));
  });
  const url = await listen(server);
  return {
    url,
    reports: () => reports,
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const run = (folder: Folder, target: string, variables: Readonly<Record<string, string>>): readonly string[] => [
  "run",
  fanOut,
  "--target",
  target,
  "--out",
  folder.runs,
  "--json",
  ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}=${value}`]),
];
const eventsOf = (folder: Folder): RunEvent[] =>
  readFileSync(join(folder.run, "events.ndjson"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RunEvent);
const toxicsNow = async (): Promise<unknown> => (await api.call("GET", "/proxies/lab/toxics")).body;

describe("a service that calls its laboratory three times where one call is declared", () => {
  it.each(["prometheus", "proxy"])("is stopped within 3 s of load at 20 reports a second, counted by %s", async (meter) => {
    using folder = new Folder();
    await using service = await startService(3, proxiedUrl);
    const variables = meter === "proxy" ? { meter, api: api.url, hold: "15s" } : { meter };
    const ended = await peakproof(...run(folder, service.url, variables));
    expect(ended.code, ended.stderr).toBe(6);
    const { exitReasons } = summaryOf(ended);
    expect(exitReasons[0]).toMatch(/^declaration wrong: (2\.\d|3\.\d) calls per report where 1 is declared/);
    const { runId, steps, thirdPartyCalls } = folder.runFile;
    const abort = eventsOf(folder).find(({ event }) => event === "abort");
    expect((abort!.t - steps[0]!.startUs!) / 1_000_000).toBeLessThan(3);
    expect(thirdPartyCalls?.["lab"]?.perDeclared).toBeCloseTo(3, 0);
    expect(thirdPartyCalls?.["lab"]?.total).toBe(3 * service.reports());
    expect(stub.stats().runs.find((one) => one.run === runId)?.answered).toBe(3 * service.reports());
    expect(await toxicsNow()).toEqual([]);
  });
});

describe("a service that calls its laboratory as declared", () => {
  it("is left alone, its calls are counted, and faults come and go before its laboratory", async () => {
    using folder = new Folder();
    await using service = await startService(1, proxiedUrl);
    const ended = await peakproof(...run(folder, service.url, { meter: "proxy", api: api.url, hold: "4s" }));
    expect(ended.code, ended.stderr).toBe(0);
    expect(folder.runFile.thirdPartyCalls?.["lab"]).toMatchObject({ total: 80, perDeclared: 1 });
    const faults = eventsOf(folder).filter(({ event }) => event.startsWith("fault-"));
    expect(faults).toMatchObject([
      { event: "fault-start", proxy: "lab" },
      { event: "fault-end", proxy: "lab" },
    ]);
    const [begin, end] = faults;
    expect((end!.t - begin!.t) / 1_000_000).toBeCloseTo(1, 0);
    expect((begin!.t - folder.runFile.steps[0]!.startUs!) / 1_000_000).toBeCloseTo(0.5, 0);
    expect(folder.runFile.steps[0]!.tally?.ok).toBe(80);
    expect(await toxicsNow()).toEqual([]);
  });

  it("has its faults taken away by Ctrl-C", async () => {
    using folder = new Folder();
    await using service = await startService(1, proxiedUrl);
    const { child, ended } = start(run(folder, service.url, { api: api.url, hold: "30s" }));
    await until(async () => ((await toxicsNow()) as unknown[]).length > 0);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(await toxicsNow()).toEqual([]);
  });

  it("is not driven where it would break the agreement, and the plan shows by how much", async () => {
    using folder = new Folder();
    await using service = await startService(1, labUrl);
    const refused = await peakproof(...run(folder, service.url, { limit: "10" }));
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain("lab would get 20 calls/s at 1x, and has agreed to 10/s");
    expect(refused.stderr).toContain("at most 0.5x fits lab");
    const planned = await peakproof(...run(folder, service.url, { limit: "10" }), "--plan");
    expect(planned.code).toBe(6);
    expect(planned.stdout).toMatch(/lab +1x +20 +10 +OVER/);
    expect(service.reports()).toBe(0);
  });

  it("is not driven where its calls or its faults cannot be had", async () => {
    using folder = new Folder();
    await using service = await startService(1, labUrl);
    const nowhere = "http://127.0.0.1:1";
    const outcome = ({ code, stderr }: Ended): string => `${code}: ${stderr}`;
    expect(outcome(await peakproof(...run(folder, service.url, { meter: "proxy", api: nowhere })))).toMatch(
      /^6: (.|\n)*the calls to lab cannot be counted/,
    );
    folder.forget();
    expect(outcome(await peakproof(...run(folder, service.url, { api: nowhere })))).toMatch(
      /^5: (.|\n)*the proxies' API does not answer/,
    );
    expect(service.reports()).toBe(0);
  });
});

/** Starts a command that runs until Ctrl-C, and gives the address that it says. */
async function serving(...args: readonly string[]): Promise<{ address: string; stop: () => Promise<Ended> }> {
  const { child, ended } = start(args);
  let said = "";
  child.stdout?.on("data", (text: string) => (said += text));
  await until(() => said.includes("Ctrl-C"));
  const address = /http:\/\/[\d.:]+/.exec(said)?.[0] ?? "";
  const stop = (): Promise<Ended> => {
    child.kill("SIGINT");
    return ended;
  };
  return { address, stop };
}

describe("the commands", () => {
  it("stub answers in a third party's place, and says at the end who called", async () => {
    const { address, stop } = await serving("stub", "lab", "--port", "0", "--latency", "1ms", "--limit", "1", "--status", "201");
    const statuses = [];
    for (const run of ["run-a", "run-a"]) {
      statuses.push((await fetch(`${address}/analyses`, { headers: { "x-synthetic-run": run } })).status);
    }
    expect(statuses).toEqual([201, 429]);
    const { code, stdout } = await stop();
    expect(code).toBe(0);
    expect(stdout).toMatch(/lab got 2 calls, at most 2 within a second\n {2}run-a +2 calls, 1 of them refused \(429\)/);
  });

  it("proxy forwards, and takes toxics as Toxiproxy does", async () => {
    const { host } = new URL(labUrl);
    const { address, stop } = await serving("proxy", "--listen", "127.0.0.1:0", "--proxy", `lab=127.0.0.1:0->${host}`);
    const { listen: place } = (await (await fetch(`${address}/proxies/lab`)).json()) as { listen: string };
    expect((await fetch(`http://${place}/analyses`)).status).toBe(200);
    await fetch(`${address}/proxies/lab/toxics`, { method: "POST", body: '{"type":"latency","attributes":{"latency":300}}' });
    const begun = performance.now();
    await fetch(`http://${place}/analyses`);
    expect(performance.now() - begun).toBeGreaterThan(280);
    expect(await (await fetch(`${address}/metrics`)).text()).toContain('peakproof_proxy_requests_total{proxy="lab"} 2');
    expect((await stop()).code).toBe(0);
  });
});
