/** A world without sockets, disks and waiting for the engine's tests: its clock moves when it is told to. */
import { Buckets } from "../measure/buckets.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import type { JournalIntent, JournalOutcome } from "../model/journal.ts";
import { plainNetwork, type RunPlan, type StepPlan } from "../model/plan.ts";
import type { Occupancy, Outcome } from "../model/run.ts";
import type { Operation, ScenarioInput } from "../model/scenario.ts";
import type { Purpose } from "../model/tags.ts";
import { Engine } from "./engine.ts";
import { type Departure, Flight } from "./flight.ts";
import type { JourneySession } from "./journey-session.ts";
import type { JourneyTrouble } from "./journey-troubles.ts";
import type { BuiltRequest } from "./requests.ts";
import type { RunningStep } from "./running-step.ts";

/** A step of 100 requests in a second, unless something else is said. */
export function stepPlan(index: number, more: Partial<StepPlan> = {}): StepPlan {
  return { index, role: "step", multiple: 1, ratePerSec: 100, holdUs: 1_000_000, ...more };
}

/** One clock of all requests of some steps. */
export function clockOf(steps: readonly RunningStep[], clock: string): Buckets {
  const buckets = new Buckets();
  for (const one of steps.flatMap(({ meter }) => meter.metered())) if (one.clock === clock) buckets.mergeWhole(one.buckets.whole);
  return buckets;
}

/** How a request ends in the simulated world. */
export interface Answer {
  /** Null: never, so that its deadline ends it. */
  readonly afterUs: number | null;
  /** Even its deadline does not end it, as only a bug can bring about. */
  readonly isLost?: true;
  /** 200 unless said. */
  readonly status?: number;
  /** The transport's, instead of a reply. */
  readonly error?: NonNullable<Flight["error"]>;
  readonly head?: string;
  readonly body?: string;
}

export interface WorldOptions {
  readonly plan: Pick<RunPlan, "steps"> & Partial<RunPlan>;
  readonly operations: Readonly<Record<string, Partial<Operation>>>;
  readonly journeys?: NonNullable<ScenarioInput["journeys"]>;
  readonly serve?: (departure: Departure, nowUs: number) => Answer;
  /** How long the disk takes for the ticket-th line, and at least as long as for those before it. */
  readonly syncUs?: (ticket: number) => number;
  /** Makes a request, or throws; for what must depend on what is carried. */
  readonly make?: (index: number, session: JourneySession | null) => void;
  /** How long sending a request, and reading a reply, keeps the loop busy. Nothing unless said. */
  readonly sendUs?: number;
  readonly readUs?: number;
}

const tickUs = 1_000;

export class World {
  nowUs = 5_000_000;
  readonly engine: Engine;
  readonly plan: RunPlan;
  readonly seconds = new SecondMeter();
  readonly sent: Departure[] = [];
  readonly ended: Flight[] = [];
  /** What the sender was told to count: attempts that no other one followed, and failures of what was not sent. */
  readonly counted: Flight[] = [];
  readonly failed: { readonly before: Flight | null; readonly errorKey: string }[] = [];
  readonly intents: (Omit<JournalIntent, "k"> & { readonly at: number; readonly syncedUs: number })[] = [];
  readonly outcomes: (Omit<JournalOutcome, "k"> & { readonly at: number })[] = [];
  readonly done: { readonly step: RunningStep; readonly occupancy: Occupancy | null; readonly atUs: number }[] = [];
  readonly troubles: JourneyTrouble[] = [];
  readonly #options: WorldOptions;
  readonly #underWay = new Map<Flight, { readonly atUs: number; readonly answer: Answer }>();
  readonly #syncedAtUs: number[] = [0];
  #events = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.plan = planOf(options);
    this.engine = new Engine({
      plan: this.plan,
      scenario: {
        operations: options.operations as ScenarioInput["operations"],
        ...(options.journeys === undefined ? {} : { journeys: options.journeys }),
      },
      worker: 0,
      builder: { build: (...request) => this.#build(...request) },
      sender: this.#sender(),
      journal: {
        intend: (intent) => {
          const ownUs = this.nowUs + (options.syncUs?.(this.#syncedAtUs.length) ?? 0);
          const syncedUs = Math.max(this.#syncedAtUs.at(-1) ?? 0, ownUs);
          this.intents.push({ ...intent, at: this.#events++, syncedUs });
          return this.#syncedAtUs.push(syncedUs) - 1;
        },
        settle: (outcome) => void this.outcomes.push({ ...outcome, at: this.#events++ }),
        isSynced: (ticket) => (this.#syncedAtUs[ticket] ?? Number.POSITIVE_INFINITY) <= this.nowUs,
      },
      seconds: this.seconds,
      stepDone: (step, occupancy) => void this.done.push({ step, occupancy, atUs: this.nowUs }),
      trouble: (trouble) => void this.troubles.push(trouble),
    });
  }

  /** Begins steps one after the other without a pause, from `startUs` on. */
  beginAll(startUs: number): void {
    let atUs = startUs;
    for (const step of this.plan.steps) {
      this.engine.begin(step, atUs);
      atUs += step.holdUs;
    }
  }

  /** Lets time pass, a tick at a time (where the engine is behind, a turn of the loop at a time), until `over` or the limit. */
  runUntil(over: () => boolean, limitUs = 60_000_000): void {
    const endUs = this.nowUs + limitUs;
    while (!over()) {
      if (this.nowUs >= endUs) throw new Error(`not over after ${limitUs} us`);
      this.#answerUntil(this.nowUs + (this.engine.isBehind ? 0 : tickUs));
      this.engine.tick(this.nowUs);
    }
  }

  get inFlight(): number {
    return this.#underWay.size;
  }

  #sender() {
    const count = (): number => this.inFlight;
    return {
      get inFlight() {
        return count();
      },
      nowUs: () => this.nowUs,
      send: (departure: Departure) => this.#send(departure),
      expire: () => undefined,
      count: (flight: Flight) => void this.counted.push(flight),
      fail: (_: Purpose, before: Flight | null, errorKey: string) => void this.failed.push({ before, errorKey }),
      abortAll: () => {
        for (const flight of this.#underWay.keys()) this.#settle(flight, { afterUs: 0, error: "aborted" });
      },
    };
  }

  #build(operation: number, user: number, index: number, _: number, __: Purpose, session: JourneySession | null): BuiltRequest {
    this.#options.make?.(index, session);
    return { text: `${operation}/${user}/${index}`, encoding: "latin1", method: "GET", key: undefined } as BuiltRequest;
  }

  #send(departure: Departure): void {
    this.sent.push({ ...departure });
    this.nowUs += this.#options.sendUs ?? 0;
    const flight = new Flight(departure);
    flight.sentUs = this.nowUs;
    const answer = this.#options.serve?.(departure, this.nowUs) ?? { afterUs: 2_000 };
    const atUs = answer.afterUs === null ? Number.POSITIVE_INFINITY : this.nowUs + answer.afterUs;
    if (atUs < flight.deadlineUs || answer.isLost === true) this.#underWay.set(flight, { atUs, answer });
    else this.#underWay.set(flight, { atUs: flight.deadlineUs, answer: { afterUs: null, error: "timeout:sent" } });
  }

  #answerUntil(untilUs: number): void {
    for (;;) {
      const [first] = [...this.#underWay].toSorted(([, a], [, b]) => a.atUs - b.atUs);
      if (first === undefined || first[1].atUs > untilUs) break;
      this.nowUs = Math.max(this.nowUs, first[1].atUs) + (this.#options.readUs ?? 0);
      this.#settle(first[0], first[1].answer);
    }
    this.nowUs = Math.max(this.nowUs, untilUs);
  }

  #settle(flight: Flight, { status = 200, error, head = "", body }: Answer): void {
    this.#underWay.delete(flight);
    flight.doneUs = this.nowUs;
    flight.error = error ?? null;
    if (error === undefined) {
      flight.status = status;
      flight.firstByteUs = this.nowUs;
      flight.head = head;
      flight.body = body === undefined ? null : Buffer.from(body);
    }
    flight.outcome = outcomeOf(flight);
    flight.errorKey = flight.outcome === "ok" ? null : (flight.error ?? `status:${status}`);
    flight.journal = flight.outcome === "ok" ? "created" : "unknown";
    this.engine.review(flight);
    this.ended.push(flight);
    this.engine.settled(flight);
  }
}

function outcomeOf({ error, status }: Flight): Outcome {
  if (error !== null) return "failed";
  if (status === 429) return "rejected";
  return status < 400 ? "ok" : "failed";
}

function planOf({ plan, operations, journeys = {} }: WorldOptions): RunPlan {
  const names = Object.keys(operations);
  return {
    seed: 7,
    pace: "uniform",
    workers: 1,
    operations: names.map((name) => {
      return { name, kind: operations[name]?.kind ?? "read", weight: operations[name]?.weight ?? 1 };
    }),
    journeys: Object.entries(journeys).map(([name, { weight, steps }]) => {
      const planned = steps.map(({ operation, think }) => ({ operation: names.indexOf(operation), thinkUs: thinkOf(think) }));
      return { name, weight, steps: planned };
    }),
    users: { name: "people", pool: 100, popularity: "uniform" },
    connections: { ...plainNetwork, policy: "keep-alive", max: 100, deadlineUs: 1_000_000 },
    ...plan,
  } as RunPlan;
}

/** Think times in these tests are whole milliseconds. */
function thinkOf(think: string | readonly [string, string] = "0ms"): [number, number] {
  const [from, to] = typeof think === "string" ? [think, think] : think;
  return [Number.parseInt(from, 10) * 1_000, Number.parseInt(to, 10) * 1_000];
}
