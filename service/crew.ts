/** The primary's workers: forked, replaced when they crash, asked together, stopped together. */
import cluster, { type Worker as Process } from "node:cluster";
import { ServiceError } from "./errors.ts";
import type { Answer, FromWorker, Question, ToWorker, WorkerStart } from "./messages.ts";

/** How many crashed workers are replaced within a minute; more means that a new one will not help. */
const mostReplacementsPerMinute = 10;
/** Questions that may be open at once: each is an admin request. */
const mostQuestions = 100;

/** What the primary does about its workers. */
export interface CrewHandlers {
  /** What a new worker is told; read anew for each, since tombstones come. */
  start(place: number): WorkerStart;
  message(worker: number, message: FromWorker): void;
  /** A worker has ended, expected or not. */
  gone(worker: number): void;
  changed(): void;
  /** Workers crash faster than they may be replaced. */
  failed(): void;
}

interface Member {
  readonly process: Process;
  readonly place: number;
}
/** Answers of all that live; `missing` counts those that were too busy. */
export interface Answers {
  readonly byWorker: ReadonlyMap<number, Answer>;
  readonly missing: number;
}
interface OpenQuestion {
  readonly byWorker: Map<number, Answer>;
  readonly waiting: Set<number>;
  readonly done: () => void;
}

/** All workers of a primary. */
export class Crew {
  readonly #handlers: CrewHandlers;
  /** By cluster worker id. */
  readonly #members = new Map<number, Member>();
  readonly #questions = new Map<number, OpenQuestion>();
  readonly #crashesMs: number[] = [];
  #nextQuestion = 0;
  #stopping = false;
  #emptied: () => void = () => undefined;

  constructor(handlers: CrewHandlers) {
    this.#handlers = handlers;
  }

  get pids(): number[] {
    return [...this.#members.values()].toSorted((a, b) => a.place - b.place).map(({ process }) => process.process.pid ?? 0);
  }

  /** The place of a worker, from 1; 0 where it is gone. */
  placeOf(worker: number): number {
    return this.#members.get(worker)?.place ?? 0;
  }

  /** Starts the workers; gives the port that they share. Throws ServiceError where one cannot listen. */
  async start(count: number): Promise<number> {
    const places = Array.from({ length: count }, (_, at) => at + 1);
    try {
      const [port = 0] = await Promise.all(places.map((place) => this.#fork(place)));
      return port;
    } catch (error) {
      this.#stopping = true; // Whoever could not start needs no replacement.
      throw error;
    }
  }

  send(worker: number, message: ToWorker): void {
    const child = this.#members.get(worker)?.process;
    if (child?.isConnected() === true) child.send(message);
  }

  /** Asks every worker; gives what came in time. Throws where too many questions are open. */
  async ask(question: Question, timeoutMs: number): Promise<Answers> {
    if (this.#questions.size >= mostQuestions) throw new Error("too many questions to the workers are open");
    const ask = this.#nextQuestion++;
    const byWorker = new Map<number, Answer>();
    const waiting = new Set(this.#members.keys());
    if (waiting.size === 0) return { byWorker, missing: 0 };
    const answered = Promise.withResolvers<void>();
    const timer = setTimeout(answered.resolve, timeoutMs);
    this.#questions.set(ask, { byWorker, waiting, done: answered.resolve });
    for (const worker of waiting) this.send(worker, { type: "ask", ask, question });
    await answered.promise;
    clearTimeout(timer);
    this.#questions.delete(ask);
    return { byWorker, missing: waiting.size };
  }

  get size(): number {
    return this.#members.size;
  }

  /** Lets the workers finish; those that have not by the bound are killed by id. */
  async stop(boundMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#members.size === 0) return;
    const emptied = new Promise<void>((resolve) => (this.#emptied = resolve));
    for (const worker of this.#members.keys()) this.send(worker, { type: "stop" });
    const timer = setTimeout(() => {
      for (const { process } of this.#members.values()) process.process.kill("SIGKILL");
    }, boundMs);
    await emptied;
    clearTimeout(timer);
  }

  #fork(place: number): Promise<number> {
    const child = cluster.fork();
    this.#members.set(child.id, { process: child, place });
    child.on("error", () => undefined); // A message to one that is just ending; its exit is handled below.
    return new Promise((resolve, reject) => {
      child.once("online", () => child.send(this.#handlers.start(place)));
      child.on("message", (message: FromWorker) => {
        if (message.type === "listening") resolve(message.port);
        else if (message.type === "failed") reject(new ServiceError(message.code, message.message));
        else if (message.type === "answer") this.#answered(child.id, message.ask, message.answer);
        else this.#handlers.message(child.id, message);
      });
      child.once("exit", () => {
        reject(new ServiceError("start-failed", `worker ${place} ended before it listened`));
        this.#left(child.id, place);
      });
    });
  }

  #answered(worker: number, ask: number, answer: Answer): void {
    const question = this.#questions.get(ask);
    question?.byWorker.set(worker, answer);
    this.#passOver(worker, question);
  }

  #passOver(worker: number, question: OpenQuestion | undefined): void {
    if (question?.waiting.delete(worker) === true && question.waiting.size === 0) question.done();
  }

  #left(worker: number, place: number): void {
    this.#members.delete(worker);
    for (const question of this.#questions.values()) this.#passOver(worker, question);
    this.#handlers.gone(worker);
    if (this.#members.size === 0) this.#emptied();
    if (!this.#stopping) this.#replace(place);
  }

  #replace(place: number): void {
    const nowMs = performance.now();
    while ((this.#crashesMs[0] ?? nowMs) < nowMs - 60_000) this.#crashesMs.shift();
    this.#crashesMs.push(nowMs);
    if (this.#crashesMs.length > mostReplacementsPerMinute) {
      this.#handlers.failed();
      return;
    }
    this.#fork(place).catch(() => undefined); // One that does not come up ends, which counts as the next crash.
    this.#handlers.changed();
  }
}
