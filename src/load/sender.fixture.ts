/** A server that answers by path and a sender of one operation, for the sender's tests. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import { monotonicUs } from "../measure/clock.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import { plainNetwork, type RunPlan } from "../model/plan.ts";
import type { RequestSample } from "../model/sample.ts";
import type { Operation, ScenarioInput } from "../model/scenario.ts";
import type { ConnectPhases } from "../wire/transport.ts";
import type { Departure, Flight } from "./flight.ts";
import type { JourneySession } from "./journey-session.ts";
import { RequestBuilder } from "./requests.ts";
import { Sender } from "./sender.ts";

/** What a server was asked, in order: `GET /path` and the headers it came with. */
interface Asked {
  readonly what: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly port: number;
}

/** Closes what a test has opened. */
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** What the servers of a test were asked since the last one was started. */
export const asked: Asked[] = [];

/** A server that answers by path; resolves with its origin. */
export async function serve(answer: (request: IncomingMessage, reply: ServerResponse) => void): Promise<string> {
  asked.length = 0;
  const listener: RequestListener = (request, reply) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("latin1")));
    request.on("end", () => {
      asked.push({
        what: `${request.method} ${request.url}`,
        headers: request.headers,
        body,
        port: request.socket.remotePort ?? 0,
      });
      answer(request, reply);
    });
  };
  const server = createServer(listener);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A sender of one operation, and a way to send it and wait for its end. */
export function senderOf(
  targets: readonly string[],
  operation: Partial<Operation>,
  {
    deadlineUs = 2_000_000,
    review = (): unknown => undefined,
  }: { deadlineUs?: number; review?: (flight: Flight) => unknown } = {},
) {
  const get: Operation = { kind: "read", weight: 1, request: (_, at) => ({ path: `/${at.index}` }), ...operation };
  const plan = planOf(targets, get, deadlineUs);
  const waiting = new Map<number, (flight: Flight) => void>();
  const samples: RequestSample[] = [];
  const phases: ConnectPhases[] = [];
  const seconds = new SecondMeter();
  const sender = new Sender({
    plan,
    maxConnections: 10,
    operations: [get],
    seconds,
    nowUs: monotonicUs,
    connected: (opened) => phases.push(opened),
    review,
    settled: (flight) => waiting.get(flight.index)?.(flight),
    sample: (sample) => samples.push(sample),
  });
  const timer = setInterval(() => sender.expire(monotonicUs()), 1);
  closers.push(() => {
    clearInterval(timer);
    sender.close();
  });
  const departure = departuresOf(plan, get);
  const send = (index: number, session: JourneySession | null = null, wantsReply = false): Promise<Flight> =>
    new Promise((resolve) => {
      waiting.set(index, resolve);
      sender.send(departure(index, session, wantsReply));
    });
  return { sender, send, samples, phases, seconds };
}

function planOf(targets: readonly string[], { kind }: Operation, deadlineUs: number): RunPlan {
  return {
    seed: 1,
    targets,
    connections: { ...plainNetwork, policy: "keep-alive", max: 10, deadlineUs },
    operations: [{ name: "get", kind, weight: 1 }],
  } as unknown as RunPlan;
}

/** Makes requests that are due now. */
function departuresOf(plan: RunPlan, get: Operation) {
  const users: ScenarioInput["users"] = { name: "people", pool: 1, popularity: "uniform", user: () => ({ id: "u" }) };
  const scenario = { users, operations: { get } } as unknown as ScenarioInput;
  const builder = new RequestBuilder(scenario, { runId: "run", plan, setup: undefined });
  return (index: number, session: JourneySession | null, wantsReply: boolean): Departure => {
    const nowUs = monotonicUs();
    return {
      built: builder.build(0, 0, index, 0, "load", session),
      operation: 0,
      user: 0,
      index,
      step: 0,
      purpose: "load",
      dueUs: nowUs,
      dispatchedUs: nowUs,
      lagUs: 0,
      deadlineUs: nowUs + plan.connections.deadlineUs,
      journey: -1,
      session,
      attempt: 1,
      wantsReply,
    };
  };
}

/** Answers with a redirect. */
export const redirectTo = (status: number, location: string, reply: ServerResponse): void => {
  reply.writeHead(status, { location }).end("moved");
};
/** The same without headers and bodies: `GET /path`. */
export const whats = (): string[] => asked.map(({ what }) => what);
