import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejectedFault } from "../../test/fault-of.ts";
import { plainNetwork, type ConnectionPlan, type SafetyPlan } from "../model/plan.ts";
import { LeaseFile } from "./lease-file.ts";
import { Lease } from "./lease.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "peakproof-lease-test-")), "leases");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

const connections: ConnectionPlan = { ...plainNetwork, policy: "keep-alive", max: 1, deadlineUs: 1 };
const take = (targets: string[], changes: { admin?: string; safety?: SafetyPlan; ttlMs?: number } = {}): Promise<Lease> => {
  const { ttlMs, ...places } = changes;
  const plan = { targets, admin: targets[0] ?? "", connections, ...places };
  return Lease.take({ plan, headers: { "peakproof-run": "r" }, folder, ...(ttlMs === undefined ? {} : { ttlMs }) });
};

describe("the lease of a target on this machine", () => {
  it("is one's own: a second run of the same port is refused and told who holds it and how to end that", async () => {
    await using held = await take(["http://127.0.0.1:8460"]);
    const fault = await rejectedFault(take(["http://127.0.0.1:8460"]));
    expect(fault.kind).toBe("safety");
    expect(fault.message).toMatch(/^localhost:8460 is being tested already: by .+ \(process \d+\) since 20/);
    expect(fault.detail.fix).toContain(`kill -INT ${process.pid}`);
    expect(held.lost.aborted).toBe(false);
  });

  it("is the same by every name of this machine, and another one for another port", async () => {
    await using _held = await take(["http://127.0.0.1:8460"]);
    await rejectedFault(take(["http://localhost:8460"]));
    await rejectedFault(take(["http://[::1]:8460"]));
    await using other = await take(["http://127.0.0.1:8461"]);
    expect(other.lost.aborted).toBe(false);
  });

  it("is free again after its run, and nothing is left of it", async () => {
    for (let times = 0; times < 3; times++) {
      await using _held = await take(["http://127.0.0.1:8460"]);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of several targets is taken as a whole or not at all", async () => {
    await using _held = await take(["http://b.test"]);
    await rejectedFault(take(["http://c.test", "http://a.test", "http://b.test"]));
    await using rest = await take(["http://c.test", "http://a.test"]);
    expect(rest.lost.aborted).toBe(false);
  });

  it("of a process that was killed is taken over, also where its number belongs to somebody else by now", async () => {
    const dead = spawn(process.execPath, ["--eval", ""], { stdio: "ignore" });
    await once(dead, "exit");
    for (const mark of [{ pid: dead.pid }, { startTicks: "1" }]) {
      await using _first = await take(["http://127.0.0.1:8460"]);
      const [name = ""] = readdirSync(folder);
      const text = readFileSync(join(folder, name), "utf8");
      writeFileSync(join(folder, name), JSON.stringify({ ...(JSON.parse(text) as object), id: "another", ...mark }));
      await using held = await take(["http://127.0.0.1:8460"]);
      expect(held.lost.aborted).toBe(false);
    }
  });

  it("of a process that was killed goes when another one is taken, and that of a living one stays", async () => {
    const dead = spawn(process.execPath, ["--eval", ""], { stdio: "ignore" });
    await once(dead, "exit");
    const left = await take(["http://127.0.0.1:8460"]);
    const [name = ""] = readdirSync(folder);
    const holder = JSON.parse(readFileSync(join(folder, name), "utf8")) as object;
    await using _living = await take(["http://127.0.0.1:8461"]);
    writeFileSync(join(folder, name), JSON.stringify({ ...holder, id: "another", pid: dead.pid }));
    await using _taken = await take(["http://127.0.0.1:8462"]);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(readdirSync(folder)).not.toContain(name);
    await left[Symbol.asyncDispose]();
  });

  it("that cannot be read holds nobody back", async () => {
    await take(["http://127.0.0.1:8460"]).then((held) => {
      const [name = ""] = readdirSync(folder);
      writeFileSync(join(folder, name), "{ torn");
      return held[Symbol.asyncDispose]();
    });
    await using held = await take(["http://127.0.0.1:8460"]);
    expect(held.lost.aborted).toBe(false);
  });

  it("of a container whose process numbers say nothing here is respected", async () => {
    await using _first = await take(["http://127.0.0.1:8460"]);
    const [name = ""] = readdirSync(folder);
    const holder = JSON.parse(readFileSync(join(folder, name), "utf8")) as object;
    writeFileSync(join(folder, name), JSON.stringify({ ...holder, pid: 2 ** 22, namespace: "pid:[1]" }));
    expect((await rejectedFault(take(["http://127.0.0.1:8460"]))).detail.fix).toMatch(/if its container is gone: rm .+\.json/);
    rmSync(join(folder, name));
  });

  it("that is taken away while the load goes on says so", async () => {
    await using held = await take(["http://127.0.0.1:8460"]);
    rmSync(join(folder, readdirSync(folder)[0] ?? ""));
    await once(held.lost, "abort");
    expect(held.lost.reason).toMatchObject({ kind: "safety" });
  });
});

it("a lease file that cannot be read for a while is held, and one that is gone is not", () => {
  const held = LeaseFile.take("a.test:80", folder);
  const path = join(folder, readdirSync(folder)[0] ?? "");
  rmSync(path);
  symlinkSync(path, path);
  expect(() => readFileSync(path)).toThrow("ELOOP");
  expect(held.isHeld).toBe(true);
  rmSync(path);
  expect(held.isHeld).toBe(false);
});

describe("the lease on the admin address", () => {
  const safety: SafetyPlan = { abort: [], ceilings: {}, lease: "/lease" };
  let server: Server;
  let calls: { method: string; body: { holder?: string; ttlMs?: number } }[];
  let answer: { status: number; body: string };
  beforeEach(async () => {
    calls = [];
    answer = { status: 200, body: "{}" };
    server = createServer((request, reply) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        calls.push({ method: request.method ?? "", body: JSON.parse(text) as object });
        reply.writeHead(answer.status).end(answer.body);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => server.close());
  const at = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const methods = (): string => calls.map(({ method }) => method).join(" ");

  it("is taken, renewed every third of its time, and given back", async () => {
    const held = await take([at()], { safety, ttlMs: 900 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await held[Symbol.asyncDispose]();
    expect(methods()).toMatch(/^PUT( PUT){2,} DELETE$/);
    expect(calls[0]?.body).toMatchObject({ holder: expect.stringContaining(String(process.pid)), ttlMs: 900 });
  });

  it("is asked for under another name by each run, though two containers may have one name and number", async () => {
    for (let times = 0; times < 2; times++) {
      await using _held = await take([at()], { safety });
    }
    expect(new Set(calls.map(({ body }) => body.holder)).size).toBe(2);
  });

  it("that somebody else has refuses the run, and leaves no file either", async () => {
    answer = { status: 409, body: JSON.stringify({ holder: "ada@build-7", since: "2026-01-01T10:00:00Z" }) };
    const fault = await rejectedFault(take([at()], { safety }));
    expect(fault.kind).toBe("safety");
    expect(fault.message).toContain("ada@build-7 since 2026-01-01T10:00:00Z");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("cannot be taken where there is none, which is no matter of safety", async () => {
    answer = { status: 404, body: "" };
    expect(await rejectedFault(take([at()], { safety }))).toMatchObject({
      kind: "unreachable",
      detail: { received: expect.stringContaining("404") },
    });
  });

  it("is lost at once when somebody else has it, and not by a target that is too busy to answer", async () => {
    await using held = await take([at()], { safety, ttlMs: 300 });
    answer = { status: 503, body: "{}" };
    const before = calls.length;
    await expect.poll(() => calls.length).toBeGreaterThan(before + 4);
    expect(held.lost.aborted).toBe(false);
    answer = { status: 409, body: "{}" };
    await once(held.lost, "abort");
    expect(held.lost.reason).toMatchObject({ kind: "safety" });
  });
});
