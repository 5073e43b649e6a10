/** What a client does beyond sending: trying again, following, remembering and unpacking, as the target sees it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JournalLine } from "../src/model/journal.ts";
import { Folder } from "./cli.ts";
import { lagMsOf, runAndRead, talliedIn, type RunRead } from "./read-run.ts";
import { sendJson, startTarget, type Target, type Visit } from "./target.ts";

const retrying = fileURLToPath(new URL("./scenarios/retrying.ts", import.meta.url));
const replies = fileURLToPath(new URL("./scenarios/replies.ts", import.meta.url));

describe("clients that try again", () => {
  let folder: Folder;
  let target: Target;
  let read: RunRead;
  /** Attempts by path, then by trace. */
  const attempts = new Map<string, Map<string, Visit[]>>();

  const refuse = new Map<string, (attempt: number, request: number) => boolean>([
    ["/plain", (_attempt, request) => request % 3 === 0],
    ["/patient", (attempt, request) => request % 3 === 0 && attempt === 1],
    ["/stubborn", () => true],
    ["/thrifty", () => true],
    ["/orders", (attempt, request) => attempt <= request % 3],
  ]);
  beforeAll(async () => {
    folder = new Folder();
    target = await startTarget((visit, reply) => {
      const byTrace = attempts.get(visit.path) ?? new Map<string, Visit[]>();
      attempts.set(visit.path, byTrace);
      const own = byTrace.get(visit.trace) ?? [];
      byTrace.set(visit.trace, [...own, visit]);
      const request = [...byTrace.keys()].indexOf(visit.trace);
      if (refuse.get(visit.path)!(own.length + 1, request)) return sendJson(reply, {}, 503, { "retry-after": "1" });
      return sendJson(reply, { id: visit.trace });
    });
    read = await runAndRead(folder, retrying, `--target ${target.origin}`);
  });
  afterAll(async () => {
    await target[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const requestsTo = (path: string): Visit[][] => [...attempts.get(path)!.values()];

  it("sends as many attempts as it counts: one for each request sent, and one for each that was tried again", () => {
    const { operations, ...all } = talliedIn(read.record);
    for (const [name, path] of Object.entries({
      plain: "/plain",
      patient: "/patient",
      stubborn: "/stubborn",
      thrifty: "/thrifty",
      order: "/orders",
    })) {
      const { due, sent, retried, ok, rejected, failed } = operations[name]!;
      expect(sent, name).toBe(requestsTo(path).length);
      expect(sent + sumOf(retried), name).toBe(target.at(path).length);
      expect(due, name).toBe(ok + rejected + failed);
    }
    expect(all.sent + sumOf(all.retried)).toBe(target.visits.length);
    expect(read.report).toContain('id="retries"');
  });

  it("without a policy makes one attempt, and the refusal stands", () => {
    const { plain } = talliedIn(read.record).operations;
    expect(requestsTo("/plain").every((visits) => visits.length === 1)).toBe(true);
    expect(plain!.rejected).toBe(Math.ceil(requestsTo("/plain").length / 3));
    expect(plain!.retried).toBeUndefined();
  });

  it("waits as long as the target asks for, and succeeds then", () => {
    const again = requestsTo("/patient").filter((visits) => visits.length > 1);
    expect(again.length).toBeGreaterThan(10);
    for (const [first, second] of again) expect(second!.atMs - first!.answeredMs).toBeGreaterThanOrEqual(1_000);
    expect(talliedIn(read.record).operations["patient"]).toMatchObject({ errors: {}, retried: { "status:503": again.length } });
    // The clock of a request runs through its attempts: a third of these took a second.
    const { max } = read.summary.steps[0]!.operations["patient"]!.responseUs ?? { max: 0 };
    expect(max).toBeGreaterThan(1_000_000);
  });

  it("multiplies the load where nothing bounds it, at the intervals that it was told", () => {
    const stubborn = requestsTo("/stubborn");
    expect(stubborn.every((visits) => visits.length === 4)).toBe(true);
    const gapsMs = stubborn.flatMap((visits) => visits.slice(1).map((visit, at) => visit.atMs - visits[at]!.answeredMs));
    expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(200);
    expect(medianOf(gapsMs)).toBeLessThan(210 + lagMsOf(read));
    expect(talliedIn(read.record).operations["stubborn"]).toMatchObject({ ok: 0, errors: { "status:503": stubborn.length } });
  });

  it("stays within its budget, however often it is refused", () => {
    const first = requestsTo("/thrifty").length;
    const retries = target.at("/thrifty").length - first;
    expect(retries).toBeLessThanOrEqual(0.2 * first);
    expect(retries).toBeGreaterThan(0.2 * first - 5);
  });

  it("journals each attempt at a write, and what became of it", () => {
    const lines = readdirSync(folder.run)
      .filter((name) => name.startsWith("journal-"))
      .flatMap((name) => readFileSync(join(folder.run, name), "utf8").trimEnd().split("\n"))
      .map((line) => JSON.parse(line) as JournalLine);
    const attemptsOf = (kind: "i" | "o"): Record<string, number[]> => {
      const byNumber: Record<string, number[]> = {};
      for (const { k, n, a } of lines) if (k === kind) (byNumber[n] ??= []).push(a);
      return byNumber;
    };
    const tries = requestsTo("/orders").map((visits) => visits.length);
    expect(new Set(tries)).toEqual(new Set([1, 2, 3]));
    const triedTimes = (lengths: readonly number[], times: number): number => lengths.filter((length) => length === times).length;
    for (const journaled of [attemptsOf("i"), attemptsOf("o")].map((byNumber) => Object.values(byNumber))) {
      expect(journaled.every((numbers) => numbers.every((number, at) => number === at + 1))).toBe(true);
      const lengths = journaled.map((numbers) => numbers.length);
      for (const times of [1, 2, 3]) expect(triedTimes(lengths, times)).toBe(triedTimes(tries, times));
    }
    const keys = requestsTo("/orders").map((visits) => new Set(visits.map(({ headers }) => headers["idempotency-key"])));
    expect(keys.every((own) => own.size === 1)).toBe(true);
    expect(read.record.journal).toMatchObject({ created: tries.length, unknown: 0 });
  });
});

describe("replies that ask for more than reading", () => {
  let folder: Folder;
  let target: Target;
  let elsewhere: Target;
  let read: RunRead;

  const text = JSON.stringify({ text: "核酸检测".repeat(200) });
  const packers = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync };
  beforeAll(async () => {
    folder = new Folder();
    elsewhere = await startTarget((_visit, reply) => reply.end("lured"));
    target = await startTarget((visit, reply) => {
      const path = visit.path.split("?")[0];
      const encoding = /^\/packed\/(\w+)$/.exec(visit.path)?.[1] as keyof typeof packers | undefined;
      if (encoding !== undefined) return reply.writeHead(200, { "content-encoding": encoding }).end(packers[encoding](text));
      if (path === "/moved") return reply.writeHead(302, { location: "/arrived?by=redirect" }).end();
      if (path === "/away") return reply.writeHead(307, { location: `${elsewhere.origin}/trap` }).end();
      if (path === "/circle") return reply.writeHead(302, { location: "/circle" }).end();
      if (path === "/enter") return reply.writeHead(303, { location: "/hall", "set-cookie": "badge=7; Path=/" }).end();
      return reply.end("inside");
    });
    read = await runAndRead(folder, replies, `--target ${target.origin}`);
  });
  afterAll(async () => {
    await target[Symbol.asyncDispose]();
    await elsewhere[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it("are followed where that was asked, and shown as they are where it was not", () => {
    const { followed, shown } = talliedIn(read.record).operations;
    expect(followed).toMatchObject({ ok: followed!.due, sent: target.at("/moved").length });
    expect(target.at("/arrived?by=redirect")).toHaveLength(followed!.sent);
    expect(shown).toMatchObject({ ok: shown!.due, sent: target.at("/moved?asked=no").length });
  });

  it("are never followed away from the targets, nor round in circles", () => {
    const { lured, circling } = talliedIn(read.record).operations;
    expect(lured!.errors).toEqual({ "redirect:other-origin": lured!.due });
    expect(elsewhere.visits).toEqual([]);
    expect(circling!.errors).toEqual({ "status:302": circling!.due });
    expect(target.at("/circle")).toHaveLength(4 * circling!.due);
  });

  it("leave cookies, also on the way, for the rest of a journey and no longer", () => {
    const { enter, look } = talliedIn(read.record).operations;
    expect(enter!.ok).toBe(enter!.due);
    expect(look!.ok).toBe(look!.due);
    expect(target.at("/enter").every(({ headers, method }) => headers.cookie === undefined && method === "POST")).toBe(true);
    const hall = target.at("/hall");
    expect(hall).toHaveLength(enter!.sent + look!.sent);
    expect(hall.every(({ headers, method, body }) => headers.cookie === "badge=7" && method === "GET" && body.length === 0)).toBe(
      true,
    );
  });

  it("are unpacked for a check: gzip, br and zstd", () => {
    const { packed } = talliedIn(read.record).operations;
    expect(packed).toMatchObject({ ok: packed!.due, errors: {} });
    for (const encoding of Object.keys(packers)) expect(target.at(`/packed/${encoding}`).length, encoding).toBeGreaterThan(5);
  });
});

function sumOf(counts: Readonly<Record<string, number>> = {}): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
