import { Worker } from "node:worker_threads";
import { Buckets } from "../measure/buckets.ts";
import { Fault, messageOf } from "../model/fault.ts";
import type { CannonInput, FromCannon, Measured, Sent, ToCannon, Window } from "./messages.ts";

/** How long a thread may take to load autocannon, and beyond what was asked to answer. */
const slackMs = 10_000;

/** What all threads saw in one window. */
export interface WholeMeasured extends Omit<Measured, "latency"> {
  readonly latency: Buckets;
}

/** The autocannon threads of a sweep, spoken to as one. */
export class Battery {
  readonly #threads: Worker[];
  readonly #failed: Promise<never>;
  #connections = 0;

  /** `failed` threads reject whatever is awaited next. */
  constructor(input: CannonInput, threads: number) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#failed = promise;
    this.#failed.catch(() => undefined);
    this.#threads = Array.from({ length: threads }, (_, at) => {
      const thread = new Worker(threadEntry, { workerData: input, name: `saturate-${at}` });
      thread.on("error", (error) =>
        reject(new Fault("internal", `autocannon failed: ${messageOf(error)}`, {}, { cause: error })),
      );
      return thread;
    });
  }

  /** Resolves when every thread has loaded autocannon. */
  async ready(): Promise<void> {
    await this.#all("ready", slackMs);
  }

  /** Opens connections until there are so many, spread over the threads. */
  grow(connections: number): void {
    const counts = this.#threads.map(() => 0);
    for (let number = this.#connections; number < connections; number++) {
      const at = number % counts.length;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    let first = this.#connections;
    for (const [at, thread] of this.#threads.entries()) {
      const count = counts[at] ?? 0;
      if (count > 0) tell(thread, { type: "open", connections: count, first });
      first += count;
    }
    this.#connections = connections;
  }

  /** Measures one window, which lies ahead of `nowUs`. */
  async measure(window: Window, nowUs: number): Promise<WholeMeasured> {
    const answers = this.#all("measured", (window.toUs - nowUs) / 1_000 + slackMs);
    for (const thread of this.#threads) tell(thread, { type: "measure", window });
    return together((await answers).map(({ measured }) => measured));
  }

  /** Lets every request under way be answered and sends none after it. */
  async drain(): Promise<Sent> {
    const answers = this.#all("drained", slackMs);
    for (const thread of this.#threads) tell(thread, { type: "drain" });
    return totalOf(await answers);
  }

  /** What was sent until now; nothing is waited for. */
  async halt(): Promise<Sent> {
    const answers = this.#all("counted", slackMs);
    for (const thread of this.#threads) tell(thread, { type: "count" });
    return totalOf(await answers);
  }

  /** Ends the threads, and with them whatever is still under way. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  /** The next message of one type from every thread. */
  #all<Type extends FromCannon["type"]>(type: Type, limitMs: number): Promise<Extract<FromCannon, { type: Type }>[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Fault("internal", `autocannon did not answer within ${limitMs} ms`)), limitMs);
      // A sweep that is stopped never settles what it waited for, and must not wait for the timer either.
      timer.unref();
    });
    const each = this.#threads.map((thread) => next(thread, type));
    return Promise.race([Promise.all(each), this.#failed, late]).finally(() => clearTimeout(timer));
  }
}

function tell(thread: Worker, message: ToCannon): void {
  thread.postMessage(message);
}

function next<Type extends FromCannon["type"]>(thread: Worker, type: Type): Promise<Extract<FromCannon, { type: Type }>> {
  return new Promise((resolve) => {
    const hear = (message: FromCannon): void => {
      if (message.type !== type) return;
      thread.off("message", hear);
      resolve(message as Extract<FromCannon, { type: Type }>);
    };
    thread.on("message", hear);
  });
}

function together(parts: readonly Measured[]): WholeMeasured {
  const latency = new Buckets();
  const errors: Record<string, number> = {};
  for (const part of parts) {
    latency.merge(part.latency);
    for (const [key, count] of Object.entries(part.errors)) errors[key] = (errors[key] ?? 0) + count;
  }
  const sum = (pick: (part: Measured) => number): number => sumOf(parts.map(pick));
  return {
    ok: sum(({ ok }) => ok),
    rejected: sum(({ rejected }) => rejected),
    failed: sum(({ failed }) => failed),
    givenUp: sum(({ givenUp }) => givenUp),
    errors,
    latency,
    residenceUs: sum(({ residenceUs }) => residenceUs),
    slices: (parts[0]?.slices ?? []).map((_, at) => ({
      ok: sum(({ slices }) => slices[at]?.ok ?? 0),
      okUs: sum(({ slices }) => slices[at]?.okUs ?? 0),
    })),
    eventLoopShare: Math.max(...parts.map(({ eventLoopShare }) => eventLoopShare)),
  };
}

function totalOf(answers: readonly { readonly sent: Sent }[]): Sent {
  return {
    sent: sumOf(answers.map(({ sent }) => sent.sent)),
    answered: sumOf(answers.map(({ sent }) => sent.answered)),
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The file a thread begins with: `.ts` in the repo, `.js` in the package, since the compiler rewrites only imports. */
const threadEntry = new URL(`./cannon-thread${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
