import { expect, it } from "vitest";
import { rejectedFault } from "../../test/fault-of.ts";
import { startHttpServer, type Asked } from "../../test/http-server.ts";
import { plainNetwork } from "../model/plan.ts";
import { HttpObserver } from "./http.ts";

const canary = { runId: "run-c1", operation: "report" };
const { signal } = new AbortController();

/** What is seen of a reply. */
async function seen(status: number, text: string, field: string | null = null): Promise<boolean> {
  const asked: Asked[] = [];
  await using server = await startHttpServer("h1", (request, reply) => {
    asked.push(request);
    reply.writeHead(status).end(text);
  });
  const address = `${server.origin}/seen/{run}`;
  const observer = new HttpObserver({
    hop: "store",
    address,
    field,
    network: plainNetwork,
    headers: { authorization: "Bearer t" },
  });
  try {
    const look = observer.watch(canary);
    const answer = await look(signal);
    expect(asked.map(({ path, header }) => [path, header("authorization")])).toEqual([["/seen/run-c1", "Bearer t"]]);
    return answer;
  } finally {
    await observer.close();
  }
}

it("sees a number above 0 in its field, and not 0", async () => {
  expect(await seen(200, '{"rows":{"store":1}}', "rows.store")).toBe(true);
  expect(await seen(200, '{"rows":{"store":0}}', "rows.store")).toBe(false);
  expect(await seen(200, '{"rows":{}}', "rows.store.of")).toBe(false);
});

it("sees the run id in its field, alone or in a list, and nowhere else", async () => {
  expect(await seen(200, '{"run":"run-c1"}', "run")).toBe(true);
  expect(await seen(200, '{"runs":["run-c0","run-c1"]}', "runs")).toBe(true);
  expect(await seen(200, '{"asked":"run-c1","runs":[]}', "runs")).toBe(false);
});

it("without a field sees the run id anywhere in the text", async () => {
  expect(await seen(200, "calls: run-c1")).toBe(true);
  expect(await seen(200, "calls: none")).toBe(false);
});

it("has seen nothing where the page is not there yet", async () => {
  expect(await seen(404, "run-c1")).toBe(false);
});

it("says that it was refused, and not that nothing was seen", async () => {
  const fault = await rejectedFault(seen(401, "who are you?"));
  expect(fault).toMatchObject({
    kind: "usage",
    message: expect.stringMatching(/^hop "store" cannot be asked: GET .* answered 401$/),
  });
  expect(fault.detail.fix).toContain("token");
});

it("says that a server which is busy may be asked again", async () => {
  expect(await rejectedFault(seen(503, ""))).toMatchObject({ kind: "unreachable" });
});

it("says that there is no JSON to look for a field in", async () => {
  expect(await rejectedFault(seen(200, "<html>", "rows.store"))).toMatchObject({ kind: "usage" });
});

it("says that nobody answers", async () => {
  const { origin } = await startHttpServer("h1", () => undefined).then(async (server) => {
    await server[Symbol.asyncDispose]();
    return server;
  });
  const place = { hop: "store", address: `${origin}/{run}`, field: null, network: plainNetwork, headers: {} };
  const observer = new HttpObserver(place);
  const fault = await rejectedFault(observer.watch(canary)(signal));
  expect(fault).toMatchObject({ kind: "unreachable", message: expect.stringContaining("ECONNREFUSED") });
  await observer.close();
});
