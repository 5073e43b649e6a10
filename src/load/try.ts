import { monotonicUs } from "../measure/clock.ts";
import { messageOf } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { Operation, ScenarioInput } from "../model/scenario.ts";
import type { Journal } from "../record/journal.ts";
import { redact } from "../safety/redact.ts";
import { shapeFaults } from "../scenario/request.ts";
import { HttpClient } from "../wire/client.ts";
import { endpointOf } from "../wire/endpoint.ts";
import { Flight, outcomeLine } from "./flight.ts";
import { judge } from "./outcome.ts";
import { RequestBuilder } from "./requests.ts";
import { replyOf } from "./sender.ts";

/** One operation tried: the request as it was sent, the reply as it came, and what a run would have made of it. Secrets are taken out. */
export interface Tried {
  readonly operation: string;
  readonly kind: Operation["kind"];
  readonly request: string;
  readonly reply: string;
  /** `ok`, or the error key. */
  readonly result: string;
  readonly createdId: string | undefined;
  /** Microseconds from sent to done; undefined where no reply came. */
  readonly serviceUs: number | undefined;
}

/** Longest reply body that is shown, characters. */
const bodyCharactersMax = 2_000;

/**
 * Sends one request per operation as the first user, one after the other: the one that `prepare` uses first, since reads need its
 * row. Tagged as probes; writes are journaled first, where there is a journal. A scenario whose request function throws or returns no request is reported, not thrown.
 */
export async function tryOperations(
  input: ScenarioInput,
  plan: RunPlan,
  runId: string,
  journal: Journal | null,
): Promise<Tried[]> {
  const builder = new RequestBuilder(input, { runId, seed: plan.seed, target: plan.target });
  const first = plan.prepare?.create;
  const order = [...plan.operations.keys()].toSorted(
    (a, b) => Number(plan.operations[b]?.name === first) - Number(plan.operations[a]?.name === first),
  );
  const tried: Tried[] = [];
  for (const at of order) tried.push(await tryOne(input, plan, builder, at, journal));
  return tried;
}

async function tryOne(
  input: ScenarioInput,
  plan: RunPlan,
  builder: RequestBuilder,
  at: number,
  journal: Journal | null,
): Promise<Tried> {
  const { name = "?", kind = "read" } = plan.operations[at] ?? {};
  const index = -1 - at;
  const operation = input.operations[name];
  const unsent = (result: string): Tried => {
    return {
      operation: name,
      kind,
      request: "",
      reply: "",
      result,
      createdId: undefined,
      serviceUs: undefined,
    };
  };
  if (operation === undefined) return unsent("no such operation");
  try {
    const user = builder.user(0);
    const shape = builder.shape(at, user, builder.at(at, 0));
    const faults = shapeFaults(shape);
    if (faults.length > 0) return unsent(faults.join("; "));
    const built = builder.bytes(shape, user.id, index, "probe");
    const flight = await sendJournaled(plan, { built, operation: at, index, step: -1, purpose: "probe" }, operation, journal);
    return {
      operation: name,
      kind,
      request: redact(built.text),
      reply: redact(flight.head + (flight.body?.toString("utf8") ?? "").slice(0, 2 * bodyCharactersMax)).slice(
        0,
        flight.head.length + bodyCharactersMax,
      ),
      result: flight.errorKey ?? "ok",
      createdId: flight.createdId,
      serviceUs: flight.serviceUs,
    };
  } catch (thrown) {
    return unsent(`not sent: ${messageOf(thrown)}`);
  }
}

/** Sends one request and judges it; a write is journaled first, and its outcome after. */
async function sendJournaled(
  plan: RunPlan,
  departure: Parameters<typeof sendOnce>[1],
  operation: Operation,
  journal: Journal | null,
): Promise<Flight> {
  const { index, built, purpose } = departure;
  const name = plan.operations[departure.operation]?.name ?? "?";
  const isJournaled = operation.kind === "write" && journal !== null;
  if (isJournaled) {
    const ticket = journal.intend({
      n: index,
      u: 0,
      op: name,
      p: purpose,
      a: 1,
      ...(built.key === undefined ? {} : { key: built.key }),
    });
    await journal.drained();
    if (!journal.isSynced(ticket)) throw new Error("its intent could not be journaled");
  }
  const flight = await sendOnce(plan, departure);
  Object.assign(
    flight,
    judge(operation, flight, () => replyOf(flight)),
  );
  if (isJournaled) journal.settle(outcomeLine(flight, name, 1));
  return flight;
}

/** How often a lone request's deadline is looked at. */
const expireEveryMs = 20;

/** Sends one request on a connection of its own and waits for its end. */
export async function sendOnce(
  plan: Pick<RunPlan, "target" | "connections">,
  departure: Omit<ConstructorParameters<typeof Flight>[0], "dueUs" | "dispatchedUs" | "deadlineUs">,
): Promise<Flight> {
  const nowUs = monotonicUs();
  const flight = new Flight({ ...departure, dueUs: nowUs, dispatchedUs: nowUs, deadlineUs: nowUs + plan.connections.deadlineUs });
  flight.keepBody = flight.keepHead = true;
  let timer: NodeJS.Timeout | undefined;
  let client: HttpClient | undefined;
  try {
    await new Promise<void>((resolve) => {
      client = new HttpClient({
        ...endpointOf(plan.target),
        maxConnections: 1,
        policy: "fresh",
        now: monotonicUs,
        settled: () => resolve(),
      });
      client.dispatch(flight);
      timer = setInterval(() => client?.expire(monotonicUs()), expireEveryMs);
    });
  } finally {
    clearInterval(timer);
    client?.close();
  }
  return flight;
}
