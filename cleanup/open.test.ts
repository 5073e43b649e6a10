import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { plainNetwork } from "../src/model/plan.ts";
import { emptyJournal, exampleRun } from "./example-run.ts";
import { InMemoryTarget } from "./in-memory-target.ts";
import { closeStores, openStores } from "./open.ts";

let target: InMemoryTarget;
beforeAll(async () => (target = await InMemoryTarget.start()));
afterAll(() => target.stop());
afterEach(() => target.reset());

/** The Host by which the admin address is asked, of a run whose load says `health.example`. */
async function hostAskedFor(targets: readonly string[]): Promise<string | undefined> {
  const connections = { ...exampleRun().plan.connections, ...plainNetwork, host: "health.example" };
  const run = exampleRun({ plan: { targets, admin: target.admin, connections } });
  const scenario = (): Promise<never> => Promise.reject(new Error("not needed"));
  const stores = openStores({ run, secrets: { http: target.token }, journal: emptyJournal, scenario });
  await stores[0]?.store.look();
  await closeStores(stores);
  return target.seen[0]?.headers.host;
}

it("addresses an admin that is one of the targets like it", async () => {
  expect(await hostAskedFor(["http://127.0.0.1:1", target.admin])).toBe("health.example");
});

it("addresses any other admin by its own name", async () => {
  expect(await hostAskedFor(["http://127.0.0.1:1"])).toBe(new URL(target.admin).host);
});
