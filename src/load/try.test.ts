import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { plainNetwork, type RunPlan } from "../model/plan.ts";
import type { Journey, Operation, ScenarioInput } from "../model/scenario.ts";
import { tryScenario } from "./try.ts";

let server: Server;
let seen: string[];
beforeEach(async () => {
  seen = [];
  server = createServer((request, reply) => {
    seen.push(
      `${request.method} ${request.url} ${request.headers.cookie ?? "-"} ${String(request.headers["x-synthetic-purpose"])}`,
    );
    request.resume();
    if (request.url === "/login") reply.setHeader("set-cookie", "sid=1; Path=/").end('{"id":7,"token":"secret-value"}');
    else if (request.url === "/refused") reply.writeHead(403).end("\u001b[31mno");
    else reply.end("fine");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const operation = (request: Operation["request"], weight = 0): Operation => ({ kind: "read", weight, request });

function trying(
  operations: ScenarioInput["operations"],
  journeys: Record<string, Journey> = {},
  signal = new AbortController().signal,
) {
  const names = Object.keys(operations);
  const input = {
    users: { name: "people", pool: 1, popularity: "uniform", user: () => ({ id: "u1" }) },
    operations,
    journeys,
  } as Partial<ScenarioInput> as ScenarioInput;
  const plan = {
    seed: 1,
    targets: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`],
    connections: { ...plainNetwork, policy: "keep-alive", max: 10, deadlineUs: 2_000_000 },
    operations: names.map((name) => ({ name, kind: operations[name]?.kind, weight: operations[name]?.weight })),
    journeys: Object.entries(journeys).map(([name, { weight, steps }]) => ({
      name,
      weight,
      steps: steps.map((step) => ({ operation: names.indexOf(step.operation), thinkUs: [60_000_000, 60_000_000] })),
    })),
    prepare: null,
  } as Partial<RunPlan> as RunPlan;
  return tryScenario(input, { plan, runId: "run", setup: { hint: "h" }, journal: null, signal });
}

const operations = {
  login: operation(() => ({ path: "/login" })),
  look: operation((_, at) => ({ path: `/items/${at.carried["id"]}/${at.setup.hint}` })),
  refused: operation(() => ({ path: "/refused" })),
};

it("goes a journey with its cookies and what it carries, without thinking, and shows all of it redacted", async () => {
  const steps = [
    { operation: "login", think: "1m", carry: (reply: { json: object }) => reply.json as Record<string, unknown> },
    { operation: "refused", when: () => false },
    { operation: "look", think: "1m" },
  ];
  const { operations: alone, journeys } = await trying(operations, { visit: { weight: 1, steps } });
  expect(alone.map(({ operation, result }) => [operation, result])).toEqual([["login", "ok"]]);
  expect(seen).toEqual(["GET /login - probe", "GET /login - probe", "GET /items/7/h sid=1 probe"]);
  const skipped = [{ step: 1, operation: "refused", kind: "read" }];
  expect(journeys[0]).toMatchObject({ journey: "visit", problem: null, skipped });
  const [login, look] = journeys[0]?.steps ?? [];
  expect([login?.step, look?.step]).toEqual([0, 2]);
  expect([login?.result, look?.result]).toEqual(["ok", "ok"]);
  expect(login?.carried).toBe('{"id":7,"token":"[redacted]"}');
  expect(login?.reply).toContain('{"id":7,"token":"[redacted]"}');
  expect(look?.request).toContain("cookie: [redacted]");
});

it("names what is skipped up to the end of a journey, and not what a failure left out", async () => {
  const never = { operation: "look", when: () => false };
  const short = { weight: 1, steps: [{ operation: "login" }, never, never] };
  const broken = { weight: 1, steps: [{ operation: "refused" }, never] };
  const { journeys } = await trying(operations, { short, broken });
  expect(journeys.map(({ skipped }) => skipped.map(({ step }) => step))).toEqual([[1, 2], []]);
});

it("stops a journey at its first failure, and goes the next one", async () => {
  const visit = { weight: 1, steps: [{ operation: "refused" }, { operation: "login" }] };
  const blind = {
    weight: 1,
    steps: [
      { operation: "login", carry: (reply: { json: { no: { id: 1 } } }) => ({ id: reply.json.no.id }) },
      { operation: "look" },
    ],
  };
  const lost = {
    weight: 1,
    steps: [{ operation: "login" }, { operation: "look", when: (): never => expect.unreachable("no way") }],
  };
  const { journeys } = await trying(operations, { visit, blind, lost });
  expect(journeys.map(({ steps }) => steps.map(({ result }) => result))).toEqual([
    ["status:403"],
    ["carry() failed: Cannot read properties of undefined (reading 'id')"],
    ["ok"],
  ]);
  expect(journeys[2]?.problem).toContain("when() failed");
});

it("stops when it is told to: the request under way is ended, and none is sent after it", async () => {
  server.removeAllListeners("request");
  const stop = new AbortController();
  server.on("request", (request) => {
    seen.push(String(request.url));
    stop.abort("stopped by SIGINT");
  });
  await expect(trying(operations, {}, stop.signal)).rejects.toBe("stopped by SIGINT");
  expect(seen).toEqual(["/login"]);
  await expect(trying(operations, {}, stop.signal)).rejects.toBe("stopped by SIGINT");
  expect(seen).toHaveLength(1);
});

it("lets no terminal obey a reply, and reports what cannot be sent", async () => {
  const { operations: tried } = await trying({
    refused: operations.refused,
    twice: operation(() => ({ path: "/", json: 1, body: "1" })),
    broken: operation(() => expect.unreachable("no user")),
  });
  expect(tried[0]).toMatchObject({ result: "status:403", request: expect.stringContaining("GET /refused") });
  expect(tried[0]?.reply).toContain("\ufffd[31mno");
  expect(tried[1]?.result).toContain("both json and body");
  expect(tried[2]?.result).toContain("not sent:");
});

it("shows bytes as the text that they may be, and not more of them than anybody reads", async () => {
  const content = new Uint8Array(1_000_000).fill(0x61);
  const { operations: tried } = await trying({
    upload: operation(() => ({
      method: "POST",
      path: "/",
      multipart: [
        { name: "名", content: "李明" },
        { name: "file", content },
      ],
    })),
  });
  expect(tried[0]?.result).toBe("ok");
  expect(tried[0]?.request).toContain('name="名"\r\n\r\n李明');
  expect(tried[0]?.request.length).toBeLessThan(4_000);
});
