/** Journeys as the target sees them: what comes in which order, with which values, after which pause, and what is left of it. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService, type RunningService } from "../service/index.ts";
import { Folder } from "./cli.ts";
import { lagMsOf, runAndRead, talliedIn, type RunRead } from "./read-run.ts";
import { sendJson, startTarget, type Target, type Visit } from "./target.ts";

const booking = fileURLToPath(new URL("./scenarios/booking.ts", import.meta.url));
const visiting = fileURLToPath(new URL("../scenarios/health-code/journey.ts", import.meta.url));

/** One journey as the target knows it: by the token that it gave out. */
interface Session {
  readonly login: Visit;
  readonly later: Visit[];
}

describe("a journey of three requests", () => {
  let folder: Folder;
  let target: Target;
  let read: RunRead;
  /** By token, in the order of their logins. */
  const sessions = new Map<string, Session>();
  let logins = 0;

  const bearer = ({ headers }: Visit): string => headers.authorization?.replace("Bearer ", "") ?? "";
  const numberOf = (token: string): number => Number(token.split("-")[1]);
  const isBad = (token: string): boolean => numberOf(token) % 7 === 0;
  const hasSlot = (token: string): boolean => numberOf(token) % 3 !== 0;

  /** Every tenth login fails, every seventh look at the slots is no JSON, every third finds none. */
  beforeAll(async () => {
    folder = new Folder();
    target = await startTarget((visit, reply) => {
      const session = sessions.get(bearer(visit));
      session?.later.push(visit);
      if (visit.path === "/status") return sendJson(reply, {});
      if (visit.path === "/bookings") return sendJson(reply, { id: `b-${bearer(visit)}` }, 201);
      if (visit.path === "/slots" && isBad(bearer(visit))) return reply.end("come back later");
      if (visit.path === "/slots") return sendJson(reply, { free: hasSlot(bearer(visit)) ? [9, 10] : [] });
      logins += 1;
      if (logins % 10 === 0) return sendJson(reply, {}, 500);
      const token = `t-${logins}`;
      sessions.set(token, { login: visit, later: [] });
      const cookies = [`visit=${logins}; Path=/; HttpOnly`, "other=1; Path=/elsewhere"];
      return sendJson(reply, { token }, 200, { "set-cookie": cookies });
    });
    read = await runAndRead(folder, booking, `--target ${target.origin}`);
  });
  afterAll(async () => {
    await target[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it("comes in its order, by one person, with the values and cookies that its replies gave it, and skips what `when` skips", () => {
    expect(sessions.size).toBeGreaterThan(150);
    for (const [token, { login, later }] of sessions) {
      const way = later.map(({ path }) => path);
      const mayBook = hasSlot(token) && !isBad(token);
      expect(["", "/slots", ...(mayBook ? ["/slots,/bookings"] : [])], token).toContain(way.join());
      for (const visit of later) {
        expect(visit.headers.cookie).toBe(`visit=${numberOf(token)}`);
        expect(visit.user).toBe(login.user);
      }
    }
    expect(target.at("/login").every(({ headers }) => headers.cookie === undefined)).toBe(true);
    expect(target.at("/status").every(({ headers }) => headers.cookie === undefined)).toBe(true);
    for (const { body } of target.at("/bookings")) expect(JSON.parse(body.toString())).toEqual({ slot: 9 });
  });

  it("thinks as long as it says: evenly between two bounds, or for a fixed time, and a few milliseconds more at most, beside its lag", () => {
    const lateMs = 10 + lagMsOf(read);
    const all = [...sessions.values()];
    const thoughtMs = all.flatMap(({ login, later: [slots] }) => (slots === undefined ? [] : [slots.atMs - login.answeredMs]));
    expect(thoughtMs.length).toBeGreaterThan(150);
    expect(Math.min(...thoughtMs)).toBeGreaterThanOrEqual(200);
    expect(shareOf(thoughtMs, (ms) => ms <= 600 + lateMs)).toBeGreaterThan(0.95);
    // Of 150 or more draws a quarter of the range gets 25 % with a standard deviation of 3.5 %. Those whose next request would
    // have been due after the end are not among them, which favours the short ones a little.
    for (const low of [200, 300, 400, 500]) {
      const share = shareOf(thoughtMs, (ms) => ms >= low && ms < low + 100);
      expect(share, `${low} ms`).toBeGreaterThan(0.11);
      expect(share, `${low} ms`).toBeLessThan(0.39);
    }
    const fixedMs = all.flatMap(({ later: [slots, book] }) => (book === undefined ? [] : [book.atMs - slots!.answeredMs]));
    expect(Math.min(...fixedMs)).toBeGreaterThanOrEqual(100);
    expect(shareOf(fixedMs, (ms) => ms <= 100 + lateMs)).toBeGreaterThan(0.9);
  });

  it("is counted as the target counts: every journey completed, broken or cut, every request sent", () => {
    const { journeys, operations, ...tally } = talliedIn(read.record);
    const all = [...sessions.entries()];
    const failedLogins = logins - sessions.size;
    const completed = all.filter(([token, { later }]) => later.length === (isBad(token) ? 9 : hasSlot(token) ? 2 : 1)).length;
    const broken = failedLogins + all.filter(([token, { later }]) => isBad(token) && later.length === 1).length;
    expect(journeys?.["booking"]).toEqual({ started: logins, completed, broken, cut: logins - completed - broken });
    expect(journeys!["booking"]!.cut).toBeGreaterThan(5);
    expect(journeys!["booking"]!.broken).toBeGreaterThan(20);
    expect(tally.due).toBe(tally.ok + tally.rejected + tally.failed);
    expect(tally.sent).toBe(target.visits.length);
    for (const [name, path] of Object.entries({ status: "/status", login: "/login", slots: "/slots", book: "/bookings" }))
      expect(operations[name]?.sent, name).toBe(target.at(path).length);
    const bad = target.at("/slots").filter((visit) => isBad(bearer(visit))).length;
    expect(tally.errors).toEqual({ "status:500": failedLogins, "journey:booking": bad });
    expect(read.summary.steps[0]?.journeys).toEqual(journeys);
    expect(new Set(target.visits.map(({ trace }) => trace)).size).toBe(target.visits.length);
  });

  it("has each of its writes in the journal, by the id that the reply gave it", () => {
    const bookings = target.at("/bookings").length;
    expect(read.record.journal).toMatchObject({ intents: bookings, created: bookings, unknown: 0, tornLines: 0 });
  });

  it("is told in the report", () => {
    expect(read.report).toContain('id="journeys"');
    expect(read.report).toContain("journey:booking");
    const texts = read.record.events.flatMap((event) => (event.event === "warning" ? [event.text] : []));
    expect(texts.filter((text) => text.startsWith("carry of the journey booking failed"))).toHaveLength(1);
    expect(read.record.run.ended).toMatchObject({ how: "finished" });
  });
});

describe("journeys against the health-code service", () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ port: 0, adminPort: 0 });
  });
  afterAll(() => service.stop());

  const where = (): string => `--target ${service.url} --admin ${service.adminUrl}`;
  const small = "--var pool=10 --seed 2 --peak 80 --multiples 1 --warmup 0s";

  it("leave nothing behind: what they wrote was journaled, and is swept with proof", async () => {
    using folder = new Folder();
    const { record } = await runAndRead(folder, visiting, `${where()} ${small} --hold 4s`);
    const { journeys, operations } = talliedIn(record);
    const { started, completed, broken, cut } = journeys!["visit"]!;
    expect(started).toBe(completed + broken + cut);
    expect(broken).toBe(0);
    expect(completed).toBeGreaterThan(100);
    // Declarations that come on their own turn codes yellow, so that some visitors must declare themselves.
    expect(operations["readReport"]!.ok).toBeGreaterThan(3);
    expect(record.journal.perOperation["report"]).toEqual({
      intents: operations["report"]!.due,
      created: operations["report"]!.ok,
      unknown: 0,
    });
    expect(record.cleanup?.entries.at(-1)).toMatchObject({ residue: 0, untagged: "unchanged", verified: true });
  });
});

function shareOf(values: readonly number[], holds: (value: number) => boolean): number {
  return values.filter(holds).length / values.length;
}
