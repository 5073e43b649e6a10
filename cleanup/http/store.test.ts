import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { certificate, startTlsServer } from "../../test/tls-server.ts";
import type { HttpCleanup } from "../../src/model/cleanup-rules.ts";
import { plainNetwork, type ConnectionPlan } from "../../src/model/plan.ts";
import { traceparentOf } from "../../src/model/tags.ts";
import { emptyJournal, exampleRun } from "../example-run.ts";
import { HttpStore } from "./store.ts";
import { planHttp } from "./plan.ts";
import { InMemoryTarget, type Misbehaviour } from "../in-memory-target.ts";
import { sentenceOf, StoreFault } from "../store.ts";

let target: InMemoryTarget;
let store: HttpStore | undefined;
beforeAll(async () => (target = await InMemoryTarget.start()));
afterAll(() => target.stop());
afterEach(async () => {
  await store?.close();
  target.reset();
});

interface Given {
  readonly admin?: string;
  readonly rules?: Partial<HttpCleanup>;
  /** Null: the scenario names none. */
  readonly token?: string | null;
  readonly timeoutUs?: number;
  readonly connections?: Partial<ConnectionPlan>;
}

function open({ admin = target.admin, rules, token = target.token, timeoutUs = 2_000_000, connections }: Given = {}): HttpStore {
  const { plan } = exampleRun();
  const run = { runId: "r-1", plan: { ...plan, admin, targets: [admin], connections: { ...plan.connections, ...connections } } };
  const named = token === null ? {} : { token: "env:PEAKPROOF_TOKEN" };
  const settings = { path: "/synthetic/{run}", untagged: "/synthetic/{run}/untagged", ...named, ...rules };
  const scenario = (): Promise<never> => Promise.reject(new Error("not needed"));
  const context = { run, secret: token, timeoutUs, journal: emptyJournal, scenario };
  store = new HttpStore(settings, planHttp(settings, "http", "r-1", admin), context);
  return store;
}

async function refusal(misbehaviour?: Misbehaviour, options?: Parameters<typeof open>[0]): Promise<StoreFault> {
  target.interfere = () => misbehaviour;
  const thrown: unknown = await open(options)
    .look()
    .catch((reason: unknown) => reason);
  if (!(thrown instanceof StoreFault)) throw new Error(`expected a StoreFault, got ${String(thrown)}`);
  return thrown;
}

describe("HttpStore", () => {
  it("looks without changing anything", async () => {
    target.add(3, "r-1");
    target.add(2, null);
    expect(await open().look()).toMatchObject({ rows: { store: 3 }, untagged: { count: 2 }, tombstoned: false });
    expect(target.rows).toHaveLength(5);
  });

  it("removes at most what it is told to, and counts what went away", async () => {
    target.add(3, "r-1");
    const removed = await (await looked()).remove(2);
    expect(removed).toEqual({ deleted: 2, remaining: 1 });
    expect(await store?.look()).toMatchObject({ tombstoned: true });
    expect(target.seen[1]).toMatchObject({ method: "DELETE", url: "/synthetic/r-1?limit=2" });
  });

  it("counts a batch whose reply was lost", async () => {
    target.add(3, "r-1");
    const opened = await looked();
    target.interfere = (number) => (number === 1 ? { kind: "act-then-drop" } : undefined);
    await expect(opened.remove(2)).rejects.toThrow(StoreFault);
    expect((await opened.remove(2)).deleted).toBe(3);
  });

  it("believes the target's own count where rows landed in between", async () => {
    target.add(2, "r-1");
    target.tellsDeleted = true;
    const opened = await looked();
    target.add(2, "r-1");
    expect(await opened.remove(3)).toEqual({ deleted: 3, remaining: 1 });
  });

  it("tags every call as a sweep, each with a span of its own", async () => {
    await (await looked()).remove(1);
    const [first, second] = target.seen;
    expect(first?.headers).toMatchObject({
      "x-synthetic-run": "r-1",
      "x-synthetic-user": "-",
      "x-synthetic-purpose": "sweep",
      baggage: "synthetic.run=r-1,synthetic.user=-,synthetic.purpose=sweep",
      traceparent: traceparentOf("r-1", "sweep", 0),
      "user-agent": expect.stringMatching(/^peakproof\/.* \(synthetic\)$/),
    });
    expect(second?.headers["traceparent"]).toBe(traceparentOf("r-1", "sweep", 1));
    expect(traceparentOf("r-1", "sweep", 1)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it("says which variable holds a token that was refused", async () => {
    const fault = await refusal(undefined, { token: "wrong-token" });
    expect(fault).toMatchObject({ kind: "usage", transient: false });
    expect(sentenceOf(fault)).toContain("refused the token of PEAKPROOF_TOKEN (status 401)");
    expect(sentenceOf(fault)).not.toContain("wrong-token");
    expect(sentenceOf(await refusal(undefined, { token: null }))).toContain("a call without a token");
  });

  it("names the address that is not there", async () => {
    const fault = await refusal(undefined, { rules: { path: "/elsewhere/{run}" } });
    expect(fault).toMatchObject({ kind: "usage", transient: false });
    expect(fault.message).toContain(`${target.admin}/elsewhere/r-1 is not there (status 404)`);
  });

  it("follows no redirect", async () => {
    const fault = await refusal({ kind: "reply", status: 307, body: "", headers: { location: "http://elsewhere.test/" } });
    expect(fault.message).toContain("redirects (status 307)");
    expect(target.seen).toHaveLength(1);
  });

  it("takes 429 and 503 as passing, and hears how long to wait", async () => {
    const headers = { "retry-after": "2" };
    expect(await refusal({ kind: "reply", status: 503, body: "", headers })).toMatchObject({
      transient: true,
      retryAfterUs: 2_000_000,
    });
    expect(await refusal({ kind: "reply", status: 429, body: "" })).toMatchObject({ transient: true, retryAfterUs: null });
  });

  it("gives up on a call that is never answered", async () => {
    const fault = await refusal({ kind: "hang" }, { timeoutUs: 100_000 });
    expect(fault).toMatchObject({ kind: "unreachable", transient: true });
    expect(fault.message).toContain("was not answered within 100 ms");
  });

  it("takes a dropped connection as passing", async () => {
    expect(await refusal({ kind: "drop" })).toMatchObject({ kind: "unreachable", transient: true });
  });

  it("refuses garbage for good, with what it was", async () => {
    const fault = await refusal({ kind: "reply", status: 200, body: "<html>welcome</html>" });
    expect(fault).toMatchObject({ kind: "unreachable", transient: false });
    expect(sentenceOf(fault)).toContain("received: <html>welcome</html>");
  });

  it("does not read a reply without end", async () => {
    const fault = await refusal({ kind: "reply", status: 200, body: "x".repeat(200_000) });
    expect(fault.message).toContain("more than 65536 bytes");
    expect(fault.transient).toBe(false);
  });

  it("says that nothing listens", async () => {
    const fault = await refusal(undefined, { admin: "http://127.0.0.1:1" });
    expect(fault.message).toContain("ECONNREFUSED");
  });

  it("names who vouches for a certificate that is refused, and no port", async () => {
    await using server = await startTlsServer((socket) => socket.end());
    const fault = await refusal(undefined, { admin: `https://localhost:${server.port}` });
    expect(fault).toMatchObject({ kind: "unreachable" });
    expect(fault.detail.fix).toMatch(/connections\.tls\.ca .*--ca.*--insecure/);
    expect(fault.detail.fix).not.toContain("port is up");
    await store?.close();
    const admin = `https://localhost:${server.port}`;
    const tls = { ...plainNetwork.tls, ca: certificate("ca"), serverName: "other.test" };
    const misnamed = await refusal(undefined, { admin, connections: { tls } });
    expect(misnamed.detail.fix).toContain("the certificate's name");
  });

  it("classes bytes that are no HTTP", async () => {
    const server = createServer((socket) => socket.resume().end("SSH-2.0-OpenSSH\r\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const fault = await refusal(undefined, { admin: `http://127.0.0.1:${port}` });
    expect(fault).toMatchObject({ kind: "unreachable", transient: false });
    await store?.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("its untagged rows", () => {
  const at = "2026-01-01T00:00:00Z";
  const list = async (given: Given = {}, most = Number.POSITIVE_INFINITY): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of open(given).untaggedRows() ?? []) {
      keys.push(key);
      if (keys.length >= most) break;
    }
    return keys;
  };

  it("come one by one, all of others' and none of the run's", async () => {
    target.add(2, "r-1");
    for (let number = 0; number < 5_000; number++) target.addPerson(`person-${number}`, at);
    expect(await list()).toHaveLength(5_000);
    expect(target.seen[0]).toMatchObject({ method: "GET", url: "/synthetic/r-1/untagged" });
  });

  it("need not be read to the end", async () => {
    for (let number = 0; number < 5_000; number++) target.addPerson(`person-${number}`, at);
    expect(await list({}, 1)).toEqual(["person-0"]);
  });

  it("cannot be listed where the scenario names no list", () => {
    expect(open({ rules: { untagged: undefined } as never }).untaggedRows()).toBeNull();
  });

  it.each<[string, Misbehaviour, string]>([
    ["a status", { kind: "reply", status: 500, body: "oops" }, "answered 500"],
    ["a line that is no row", { kind: "reply", status: 200, body: '{"place":"store"}\n' }, "place, key and digest are texts"],
    [
      "an instant that is none",
      { kind: "reply", status: 200, body: '{"place":"s","key":"k","digest":"d","at":"soon"}\n' },
      "ISO 8601",
    ],
    ["a dropped connection", { kind: "drop" }, "failed"],
    ["a list that never comes", { kind: "hang" }, "failed"],
  ])("refuse %s", async (_, misbehaviour, words) => {
    target.interfere = () => misbehaviour;
    const listing = list({ timeoutUs: 100_000 });
    await expect(listing).rejects.toBeInstanceOf(StoreFault);
    await expect(listing).rejects.toThrow(words);
  });
});

async function looked(): Promise<HttpStore> {
  const opened = open();
  await opened.look();
  return opened;
}
