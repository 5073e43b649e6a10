/** A bounded pool of store connections for reads that take time: who finds none free waits, up to a bound. */
import { ApiError } from "./reply.ts";

/** Most requests that may wait for a connection in one worker; each is one open request, some kilobytes. */
const mostWaiting = 10_000;

/** One worker's pool. It limits how many reads run at once; a read is its delay and a query. */
export class ConnectionPool {
  readonly size: number;
  inUse = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.size = size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Runs the work with a connection of its own. Throws ApiError 503 where too many wait already. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#acquire();
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  async #acquire(): Promise<void> {
    if (this.inUse < this.size) {
      this.inUse += 1;
      return;
    }
    if (this.#waiting.length >= mostWaiting)
      throw new ApiError(503, "store_busy", "too many reads are waiting", { retryAfterSeconds: 1 });
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** A connection goes straight to who waits, so that nobody who comes later can take it. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.inUse -= 1;
    else next();
  }
}
