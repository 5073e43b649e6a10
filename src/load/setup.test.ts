import { expect, it } from "vitest";
import { Fault } from "../model/fault.ts";
import type { ScenarioInput, SetupContext } from "../model/scenario.ts";
import { runSetup } from "./setup.ts";

const plan = { scenario: { name: "t", path: "/s/t.ts", hash: "h" }, seed: 7, target: "http://127.0.0.1:1" };
const run = (setup: ScenarioInput["setup"], signal = new AbortController().signal, limitMs = 5_000) =>
  runSetup({ setup } as ScenarioInput, { plan, runId: "run-1", signal, limitMs });
const faultOf = async (running: Promise<unknown>): Promise<Fault> => {
  const thrown: unknown = await running.catch((reason: unknown) => reason);
  return thrown instanceof Fault ? thrown : expect.unreachable(`no fault: ${String(thrown)}`);
};

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
  const fault = await faultOf(run(setup));
  expect(fault.kind).toBe("usage");
  expect(fault.message).toBe("setup() of /s/t.ts failed: no such user");
});

it.each([
  ["a function", { send: () => 1 }],
  ["something that holds one", new Map([["a", [() => 1]]])],
])("is a fault of the scenario where setup returns %s", async (_, made) => {
  const fault = await faultOf(run(() => made));
  expect(fault.kind).toBe("usage");
  expect(fault.message).toContain("setup() of /s/t.ts returned cannot be given to the load threads");
});

it("waits for no setup that never ends, and tells it to end", async () => {
  const signals: AbortSignal[] = [];
  const fault = await faultOf(
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
  const stubborn = run(() => new Promise(() => undefined), stop.signal);
  const obedient = run(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("off")))),
    stop.signal,
  );
  stop.abort("stopped by SIGINT");
  await expect(stubborn).rejects.toBe("stopped by SIGINT");
  await expect(obedient).rejects.toBe("stopped by SIGINT");
  await expect(run(() => 1, stop.signal)).rejects.toBe("stopped by SIGINT");
});
