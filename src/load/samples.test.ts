import { expect, it } from "vitest";
import type { RequestSample } from "../model/sample.ts";
import { type Departure, Flight } from "./flight.ts";
import { loadCookies, newSession, type JourneySession } from "./journey-session.ts";
import { SampleBook } from "./samples.ts";

const departure = { built: { method: "GET", path: "/", text: "" }, operation: 0, step: 0, purpose: "load", session: null };

/** A flight that was answered so late, with a reply of 200 unless it is said otherwise. */
function flightOf(more: object, responseUs: number, ended: Partial<Flight> = {}): Flight {
  const flight = new Flight({ ...departure, dueUs: 1, dispatchedUs: 1, ...more } as unknown as Departure);
  return Object.assign(flight, { status: 200, sentUs: 1, doneUs: 1 + responseUs, ...ended });
}

/** A book, and what it has emitted. */
function open(): { book: SampleBook; samples: RequestSample[] } {
  const samples: RequestSample[] = [];
  return { samples, book: new SampleBook(["get"], (sample) => samples.push(sample)) };
}

it("keeps the three slowest of each step until that step is over, whatever the next one has begun", () => {
  const { book, samples } = open();
  for (const responseUs of [10, 50, 20, 40, 30]) book.see(flightOf({ step: 0 }, responseUs));
  for (const responseUs of [900, 800]) book.see(flightOf({ step: 1 }, responseUs));
  book.see(flightOf({ step: 0 }, 45));
  book.see(flightOf({ step: -1 }, 5));
  expect(samples).toEqual([]);
  book.endStep(0);
  expect(samples.map(({ step, responseUs }) => [step, responseUs])).toEqual([
    [0, 50],
    [0, 45],
    [0, 40],
    [-1, 5],
  ]);
  book.endStep(0);
  book.endStep(1);
  expect(samples.slice(4).map(({ step, responseUs }) => [step, responseUs])).toEqual([
    [1, 900],
    [1, 800],
  ]);
});

it("writes a slow one down when its step is over, and not under load", () => {
  const { book } = open();
  let read = 0;
  const flight = flightOf({}, 10);
  Object.defineProperty(flight, "body", { get: () => (read++, null) });
  book.see(flight);
  expect(read).toBe(0);
  book.endStep(0);
  expect(read).toBeGreaterThan(0);
});

it("shows nothing that a journey carries, neither in what it asked for nor in what it was told", async () => {
  await loadCookies({ journeys: { visit: { weight: 1, steps: [] } } });
  const session: JourneySession = newSession(true);
  session.carried = { sid: "opaque-one", order: 12_345_678 };
  session.cookies?.keep("http://a/", "HTTP/1.1 200 OK\r\nSet-Cookie: s=from-cookie; Path=/\r\n\r\n");
  const { book, samples } = open();
  const body = Buffer.from('{"id":"opaque-two","order":12345678,"seen":"from-cookie","n":7}');
  const flight = flightOf({ session, built: { method: "GET", path: "/session/opaque-one", text: "" } }, 10, { body });
  // Its reply replaces what was carried to it, and the next one that.
  session.carried = { ...session.carried, sid: "opaque-two" };
  book.see(flight);
  session.carried = { sid: "opaque-three" };
  book.see(flightOf({ session }, 10, { status: 500, errorKey: "status:500", body: Buffer.from("no opaque-three") }));
  book.endStep(0);
  expect(samples.map(({ request, reply }) => [request, reply])).toEqual([
    ["GET /", "no [redacted]"],
    ["GET /session/[redacted]", '{"id":"[redacted]","order":[redacted],"seen":"[redacted]","n":7}'],
  ]);
});

it("leaves no part of a long carried text at the cut", () => {
  const session: JourneySession = { carried: { token: "x".repeat(3_000) }, cookies: null };
  const { book, samples } = open();
  const body = Buffer.from(`${"-".repeat(900)}${"x".repeat(3_000)}`);
  book.see(flightOf({ session }, 10, { status: 500, errorKey: "status:500", body }));
  expect(samples[0]?.reply).toBe(`${"-".repeat(900)}[redacted]`);
});
