import { Worker } from "node:worker_threads";
import { Fault, messageOf } from "../model/fault.ts";
import type { FromWorker, ToWorker, WorkerInput } from "./messages.ts";

/** How long load threads may take to load the scenario, and to close. */
const readyMs = 30_000;
const closeMs = 10_000;
/** How long prepare may take: a target that needs longer for its rows is better given them before the run. */
const prepareMs = 30 * 60_000;

type MessageOf<Type extends FromWorker["type"]> = Extract<FromWorker, { type: Type }>;

/** The load threads of a run, spoken to as one. A thread that fails fails the team: `failed` is then rejected with its Fault. */
export class Team {
  /** Never resolves; rejects when a thread reports a fault or dies. */
  readonly failed: Promise<never>;
  readonly #workers: Worker[];
  readonly #gather = new Map<string, { readonly messages: FromWorker[]; done(messages: FromWorker[]): void }>();
  readonly #hear: (message: FromWorker) => void;
  #reject: (fault: Fault) => void = () => undefined;
  #closing = false;
  #alive: number;

  constructor(inputs: readonly WorkerInput[], hear: (message: FromWorker) => void) {
    this.#hear = hear;
    this.failed = new Promise<never>((_, reject) => (this.#reject = reject));
    // A failure that nobody awaits at this moment is still reported by the next await of `failed`.
    this.failed.catch(() => undefined);
    this.#alive = inputs.length;
    this.#workers = inputs.map((input) => this.#start(input));
  }

  /** Resolves when every thread has loaded the scenario. */
  ready(): Promise<MessageOf<"ready">[]> {
    return this.#within(readyMs, "load threads did not start", this.#all("ready"));
  }

  prepare(): Promise<MessageOf<"prepared">[]> {
    const prepared = this.#all("prepared");
    this.#tell({ type: "prepare" });
    return this.#within(prepareMs, "prepare did not finish", prepared);
  }

  /**
   * Begins a step, which may lie ahead while earlier ones go on. Resolves when every thread has drained it and all before it; rejects
   * where one has not within `limitMs`.
   */
  step(step: number, startUs: number, limitMs: number): Promise<MessageOf<"step-done">[]> {
    const done = this.#all("step-done", step);
    this.#tell({ type: "step", step, startUs });
    return this.#within(limitMs, "load threads did not drain the step", done);
  }

  /** Ends the load at once: resolves when every thread has journaled what it abandoned. */
  async stop(): Promise<void> {
    const stopped = this.#all("stopped");
    this.#tell({ type: "stop" });
    await this.#within(closeMs, "load threads did not stop", stopped);
  }

  /** Closes the journals and ends the threads; those that hang are terminated. */
  async close(): Promise<void> {
    this.#closing = true;
    const closed = this.#all("closed");
    this.#tell({ type: "close" });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeMs)));
    await Promise.race([closed, late]);
    clearTimeout(timer);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #start(input: WorkerInput): Worker {
    const worker = new Worker(threadEntry("worker"), { workerData: input, name: `load-${input.worker}` });
    worker.on("message", (message: FromWorker) => this.#receive(message));
    worker.on("error", (error) =>
      this.#reject(new Fault("internal", `load thread ${input.worker} failed: ${messageOf(error)}`, {}, { cause: error })),
    );
    worker.on("exit", (code) => {
      if (!this.#closing) this.#reject(new Fault("internal", `load thread ${input.worker} ended with code ${code}`));
      this.#alive -= 1;
      for (const what of this.#gather.keys()) this.#settleGathering(what);
    });
    return worker;
  }

  /** A dead thread answers nothing, so what the others say is all there is. */
  #settleGathering(what: string): void {
    const gathering = this.#gather.get(what);
    if (gathering === undefined || gathering.messages.length < this.#alive) return;
    this.#gather.delete(what);
    gathering.done(gathering.messages);
  }

  #receive(message: FromWorker): void {
    if (message.type === "fault") return this.#reject(new Fault(message.kind, message.message, message.detail));
    const what = subjectOf(message.type, message.type === "step-done" ? message.step : undefined);
    const gathering = this.#gather.get(what);
    if (gathering === undefined) return this.#hear(message);
    gathering.messages.push(message);
    this.#settleGathering(what);
  }

  #all<Type extends FromWorker["type"]>(type: Type, step?: number): Promise<MessageOf<Type>[]> {
    const what = subjectOf(type, step);
    return new Promise((resolve) => {
      this.#gather.set(what, { messages: [], done: (messages) => resolve(messages as MessageOf<Type>[]) });
      this.#settleGathering(what);
    });
  }

  #within<Value>(limitMs: number, message: string, promise: Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Fault("internal", `${message} within ${limitMs / 1_000} s`)), limitMs);
      // A run that is stopped never settles the promise beside this one, and must not wait for the timer either.
      timer.unref();
    });
    return Promise.race([promise, this.failed, late]).finally(() => clearTimeout(timer));
  }

  #tell(message: ToWorker): void {
    for (const worker of this.#workers) worker.postMessage(message);
  }
}

/** By which the same word of all threads is gathered. Several steps may be under way at once. */
function subjectOf(type: FromWorker["type"], step: number | undefined): string {
  return step === undefined ? type : `${type} ${step}`;
}

/** The file a thread begins with: `.ts` in the repo, `.js` in the package, since the compiler rewrites only imports. */
export function threadEntry(name: "worker" | "lanes"): URL {
  return new URL(`./${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
}
