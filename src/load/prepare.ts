import { countError } from "../measure/step-meter.ts";
import type { JournalIntent } from "../model/journal.ts";
import type { RunPlan } from "../model/plan.ts";
import type { Journal } from "../record/journal.ts";
import type { RequestBuilder } from "./requests.ts";
import { outcomeLine, type Flight } from "./flight.ts";
import type { Sender } from "./sender.ts";

/** Prepare requests in flight at once per worker: enough to keep a service busy without making this a load test of its own. */
const concurrency = 16;
/** Intents journaled ahead of the requests, so that one disk sync serves many. */
const journaledAhead = 256;
/** Rows given up on before prepare as a whole is: a target that takes none of them would otherwise be asked for hours. */
const failuresMax = 20;
/** Times one row is tried before prepare gives up on it. */
const attemptsMax = 3;

export interface PrepareResult {
  readonly ok: number;
  readonly failed: number;
  readonly errors: Readonly<Record<string, number>>;
}

export interface PrepareOptions {
  readonly plan: RunPlan;
  readonly worker: number;
  readonly builder: RequestBuilder;
  readonly sender: Sender;
  readonly journal: Journal;
  readonly done: (result: PrepareResult) => void;
}

/** Creates this worker's share of the rows that reads need: a closed loop, journaled like every write. */
export class Preparation {
  readonly #options: PrepareOptions;
  readonly #operation: number;
  readonly #count: number;
  readonly #tickets = new Map<number, number>();
  readonly #attempts = new Map<number, number>();
  readonly #again: number[] = [];
  readonly #errors: Record<string, number> = {};
  #journaled: number;
  #next: number;
  #open = 0;
  #ok = 0;
  #failed = 0;
  #finished = false;

  constructor(options: PrepareOptions) {
    const { plan, worker } = options;
    this.#options = options;
    this.#count = plan.prepare?.count ?? 0;
    this.#operation = plan.operations.findIndex((operation) => operation.name === plan.prepare?.create);
    this.#journaled = worker;
    this.#next = worker;
  }

  get done(): number {
    return this.#ok + this.#failed;
  }

  tick(nowUs: number): void {
    if (this.#finished) return;
    this.#options.sender.expire(nowUs);
    this.#journalAhead();
    for (let user = this.#take(); user !== undefined; user = this.#take()) this.#send(user, nowUs);
    if (this.#open > 0 || this.#hasMore) return;
    this.stop();
    this.#options.done({ ok: this.#ok, failed: this.#failed, errors: this.#errors });
  }

  /** A request of this preparation ended. Its number is the user's index, negative and from -1. */
  settled(flight: Flight): void {
    const user = -flight.index - 1;
    this.#open -= 1;
    const { op, a } = this.#intent(user);
    this.#options.journal.settle(outcomeLine(flight, op));
    if (flight.outcome === "ok") this.#ok += 1;
    else if (!this.#finished && a < attemptsMax) this.#retry(user, a + 1);
    else this.#fail(flight.errorKey ?? "unknown");
  }

  /** Marks what was journaled ahead and never sent. */
  stop(): void {
    this.#finished = true;
    for (const user of this.#tickets.keys()) {
      this.#options.journal.settle({ ...this.#intent(user), r: "unsent" });
    }
    this.#tickets.clear();
  }

  get #hasMore(): boolean {
    return this.#failed < failuresMax && (this.#next < this.#count || this.#again.length > 0);
  }

  #journalAhead(): void {
    while (this.#journaled < this.#count && this.#tickets.size < journaledAhead) {
      this.#journal(this.#journaled);
      this.#journaled += this.#options.plan.workers;
    }
  }

  #journal(user: number): void {
    this.#tickets.set(user, this.#options.journal.intend({ ...this.#intent(user), u: user }));
  }

  /** The next user whose intent is on disk, retries first; undefined when none may go now. */
  #take(): number | undefined {
    if (this.#open >= concurrency || !this.#hasMore) return undefined;
    const user = this.#again[0] ?? this.#next;
    const ticket = this.#tickets.get(user);
    if (ticket === undefined || !this.#options.journal.isSynced(ticket)) return undefined;
    if (this.#again.length > 0) this.#again.shift();
    else this.#next += this.#options.plan.workers;
    this.#tickets.delete(user);
    return user;
  }

  #send(user: number, nowUs: number): void {
    const { builder, sender, plan } = this.#options;
    const index = -user - 1;
    this.#open += 1;
    sender.send({
      built: builder.build(this.#operation, user, index, 0, "prepare", null),
      operation: this.#operation,
      user,
      index,
      step: -1,
      purpose: "prepare",
      dueUs: nowUs,
      dispatchedUs: nowUs,
      lagUs: 0,
      deadlineUs: nowUs + plan.connections.deadlineUs,
      journey: -1,
      session: null,
      attempt: this.#attempts.get(user) ?? 1,
      wantsReply: false,
    });
  }

  #retry(user: number, attempt: number): void {
    this.#attempts.set(user, attempt);
    this.#again.push(user);
    this.#journal(user);
  }

  #fail(key: string): void {
    this.#failed += 1;
    countError(this.#errors, key);
  }

  #intent(user: number): Omit<JournalIntent, "k" | "u" | "key"> {
    const op = this.#options.plan.operations[this.#operation]?.name ?? "?";
    return { n: -user - 1, op, p: "prepare", a: this.#attempts.get(user) ?? 1 };
  }
}
