/** A worker's side of the one writer: commands go to the primary in batches, one message per turn of the event loop. */
import type { Command, CommandResult, FromWorker } from "./messages.ts";
import { ApiError } from "./reply.ts";

/** Longest wait for the primary's answer; above it the request fails, and may still have been stored (idempotency keys). */
const answerTimeoutMs = 5_000;
/** Most commands without an answer, per worker. */
const mostPending = 10_000;

interface Pending {
  readonly resolve: (result: CommandResult) => void;
  readonly timer: NodeJS.Timeout;
}

/** Commands on their way, and who waits for their results. */
export class WriterCalls {
  readonly #send: (message: FromWorker) => void;
  readonly #pending = new Map<number, Pending>();
  #batch: (readonly [number, Command])[] = [];
  #nextCall = 0;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** Throws ApiError 503 where too many wait, 504 where the primary does not answer, 500 where it could not store. */
  async call(command: Command): Promise<CommandResult> {
    if (this.#pending.size >= mostPending)
      throw new ApiError(503, "store_busy", "too many writes are waiting", { retryAfterSeconds: 1 });
    const result = await this.#answered(command);
    if (result.outcome === "failed") throw new Error(result.message);
    return result;
  }

  /** Takes the primary's answers; one that came too late is dropped. */
  settle(results: readonly (readonly [number, CommandResult])[]): void {
    for (const [call, result] of results) {
      const pending = this.#pending.get(call);
      if (pending === undefined) continue;
      clearTimeout(pending.timer);
      this.#pending.delete(call);
      pending.resolve(result);
    }
  }

  #answered(command: Command): Promise<CommandResult> {
    const call = this.#nextCall++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(call);
        reject(new ApiError(504, "store_timeout", "the store did not answer in time; the write may still be stored"));
      }, answerTimeoutMs);
      this.#pending.set(call, { resolve, timer });
      this.#batch.push([call, command]);
      if (this.#batch.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    this.#send({ type: "commands", commands: this.#batch });
    this.#batch = [];
  }
}
