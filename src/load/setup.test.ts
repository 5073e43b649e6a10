import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejectedFault } from "../../test/fault-of.ts";
import { plainNetwork, type ConnectionPlan } from "../model/plan.ts";
import type { ScenarioInput, SetupContext } from "../model/scenario.ts";
import { runSetup } from "./setup.ts";

const connections: ConnectionPlan = { ...plainNetwork, policy: "keep-alive", max: 1, deadlineUs: 1 };
const target = "http://127.0.0.1:1";
const plan = {
  scenario: { name: "t", path: "/s/t.ts", hash: "h" },
  seed: 7,
  target,
  targets: [target],
  admin: "http://127.0.0.1:2",
  connections,
};
const run = (
  setup: ScenarioInput["setup"],
  signal = new AbortController().signal,
  limitMs = 5_000,
  changed: Partial<typeof plan> = {},
) => runSetup({ setup } as ScenarioInput, { plan: { ...plan, ...changed }, runId: "run-1", signal, limitMs });

it("gives what setup returned, sooner or later, as another thread will have it", async () => {
  const made = { token: "t", seen: new Map([["a", 1]]) };
  const given = await run(() => Promise.resolve(made));
  expect(given).toEqual(made);
  expect(given).not.toBe(made);
  expect(await run(() => 5)).toBe(5);
  expect(await run(undefined)).toBeUndefined();
});

it("tells setup of which run it is, and gives it headers to mark its requests with", async () => {
  const contexts: SetupContext[] = [];
  await run((context) => contexts.push(context));
  expect(contexts[0]).toMatchObject({ runId: "run-1", seed: 7, target: "http://127.0.0.1:1" });
  expect(contexts[0]?.headers).toMatchObject({ "x-synthetic-run": "run-1", "x-synthetic-purpose": "prepare" });
});

it.each([
  [
    "throws",
    () => {
      throw new Error("no such user");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no such user"))],
])("is a fault of the scenario where setup %s", async (_, setup) => {
  const fault = await rejectedFault(run(setup));
  expect(fault.kind).toBe("usage");
  expect(fault.message).toBe("setup() of /s/t.ts failed: no such user");
});

it.each([
  ["a function", { send: () => 1 }],
  ["something that holds one", new Map([["a", [() => 1]]])],
])("is a fault of the scenario where setup returns %s", async (_, made) => {
  const fault = await rejectedFault(run(() => made));
  expect(fault.kind).toBe("usage");
  expect(fault.message).toContain("setup() of /s/t.ts returned cannot be given to the load threads");
});

it("waits for no setup that never ends, and tells it to end", async () => {
  const signals: AbortSignal[] = [];
  const fault = await rejectedFault(
    run(
      ({ signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
      undefined,
      20,
    ),
  );
  expect([fault.kind, fault.message]).toEqual(["usage", "setup() of /s/t.ts is not done after 0.02 s"]);
  expect(signals[0]?.aborted).toBe(true);
});

it("is called off by Ctrl-C, whatever setup makes of that", async () => {
  const stop = new AbortController();
  const begun: string[] = [];
  const stubborn = run(() => new Promise(() => begun.push("stubborn")), stop.signal);
  const obedient = run(
    ({ signal }) =>
      new Promise((_, reject) => {
        begun.push("obedient");
        signal.addEventListener("abort", () => reject(new Error("off")));
      }),
    stop.signal,
  );
  await expect.poll(() => begun).toHaveLength(2);
  stop.abort("stopped by SIGINT");
  await expect(stubborn).rejects.toBe("stopped by SIGINT");
  await expect(obedient).rejects.toBe("stopped by SIGINT");
  await expect(run(() => 1, stop.signal)).rejects.toBe("stopped by SIGINT");
});

describe("the fetch that setup is given", () => {
  let server: Server;
  let seen: IncomingMessage[];
  let port: number;
  beforeEach(async () => {
    seen = [];
    server = createServer((request, reply) => {
      seen.push(request);
      request.resume();
      if (request.url === "/away") reply.writeHead(302, { location: "http://other.example/" }).end();
      else reply.end('{"token":"t"}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const login: ScenarioInput["setup"] = async ({ target, headers, signal, fetch }) => {
    const reply = await fetch(`${target}/login`, { method: "POST", headers, signal, body: new URLSearchParams({ user: "u1" }) });
    return reply.json();
  };
  const named = (network: Partial<ConnectionPlan> = {}) => {
    const target = `http://login.example:${port}`;
    return {
      target,
      targets: [target],
      connections: { ...connections, resolve: { [`login.example:${port}`]: "127.0.0.1" }, ...network },
    };
  };

  it("goes where the load goes, by what resolve says of a name that nobody else knows, with the load's Host", async () => {
    expect(await run(login, undefined, 5_000, named({ host: "shown.example" }))).toEqual({ token: "t" });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.headers).toMatchObject({ host: "shown.example", "x-synthetic-purpose": "prepare" });
    expect(seen[0]?.headers["content-type"]).toContain("application/x-www-form-urlencoded");
  });

  it("goes through the run's proxy", async () => {
    const proxied = { ...named(), connections: { ...connections, proxy: `http://127.0.0.1:${port}` } };
    expect(await run(login, undefined, 5_000, proxied)).toEqual({ token: "t" });
    expect(seen[0]?.url).toBe(`http://login.example:${port}/login`);
  });

  it("refuses any other origin, by a redirect too", async () => {
    const straying = (path: string) => run(({ target, fetch }) => fetch(new URL(path, target)), undefined, 5_000, named());
    const sentence = "setup's fetch goes to the targets and to admin, not to http://other.example";
    expect((await rejectedFault(straying("http://other.example/login"))).message).toContain(sentence);
    expect((await rejectedFault(straying("/away"))).message).toContain(sentence);
  });

  it("is of no use any more when setup is done", async () => {
    const kept: SetupContext["fetch"][] = [];
    await run(({ fetch }) => void kept.push(fetch), undefined, 5_000, named());
    await expect(kept[0]?.(named().target)).rejects.toThrow(/destroyed/);
  });
});
