import type { Flight } from "../load/flight.ts";
import type { RunPlan, ScheduleTotals } from "../model/plan.ts";
import type { PurposeTotals } from "../model/run.ts";
import type { Operation } from "../model/scenario.ts";
import type { Journal } from "../record/journal.ts";
import { Replayer } from "./replayer.ts";
import type { SampledWrite, WrittenReport } from "./sampled-write.ts";
import { allShares, drawLot, type Shares } from "./shares.ts";

/** How long the last replays may take once the load is over. Whoever stops the load waits for them. A guess. */
const lastReplaysMs = 2_000;
const pollMs = 5;

export interface SamplingOptions {
  readonly plan: RunPlan;
  readonly worker: number;
  readonly operations: Readonly<Record<string, Operation>>;
  /** Requests that the whole run is planned to send, by operation. */
  readonly perOperation: ScheduleTotals["perOperation"];
  readonly journal: Pick<Journal, "intend" | "settle" | "isSynced">;
  readonly nowUs: () => number;
}

/** A load thread's part in reading writes back: chooses among those that were accepted, and has some of them sent once more. */
export class WriteSampling {
  readonly #worker: number;
  readonly #seed: number;
  readonly #shares: readonly (Shares | null)[];
  readonly #accepted: number[];
  readonly #replayer: Replayer | null;
  #chosen: SampledWrite[] = [];

  constructor({ plan, worker, operations, perOperation, journal, nowUs }: SamplingOptions) {
    this.#worker = worker;
    this.#seed = plan.seed;
    this.#shares = plan.writes === undefined ? [] : allShares(plan.writes, operations, perOperation);
    this.#accepted = plan.operations.map(() => 0);
    const replays = this.#shares.some((shares) => shares !== null && shares.replay > 0);
    this.#replayer = replays
      ? new Replayer({ plan, operations: Object.values(operations), journal, nowUs, done: (write) => this.#chosen.push(write) })
      : null;
  }

  /** A request of the load has ended. Costs a look at a table, and one draw for an accepted write. */
  settled(flight: Flight): void {
    const shares = this.#shares[flight.operation];
    if (shares === null || shares === undefined || flight.outcome !== "ok") return;
    this.#accepted[flight.operation] = (this.#accepted[flight.operation] ?? 0) + 1;
    const lot = drawLot(shares, this.#seed, flight.index);
    if (lot === "none") return;
    const write = sampledWrite(flight);
    const isReplayed = lot === "replay" && write.key !== undefined && this.#replayer?.take(flight, write) === true;
    if (!isReplayed) this.#chosen.push(write);
  }

  tick(nowUs: number): void {
    this.#replayer?.tick(nowUs);
  }

  /** What was chosen since this was asked for last. */
  take(): WrittenReport {
    const chosen = this.#chosen;
    this.#chosen = [];
    return { worker: this.#worker, accepted: [...this.#accepted], chosen };
  }

  /** The load is over by itself: resolves when the last replays have ended, too, or have taken too long. `tick` must go on meanwhile. */
  async replaysEnded(): Promise<void> {
    for (let waitedMs = 0; this.#replayer?.isIdle === false && waitedMs < lastReplaysMs; waitedMs += pollMs)
      await new Promise((resolve) => setTimeout(resolve, pollMs));
  }

  /** Ends the replays: what is on its way is given up. */
  stop(): void {
    this.#replayer?.stop();
  }

  /** Replays taken up so far, by the operation's index; none where nothing is replayed. */
  get takenUp(): readonly number[] {
    return this.#replayer?.takenUp ?? [];
  }

  /** Of replays; null where nothing is replayed. */
  get totals(): PurposeTotals | null {
    return this.#replayer?.totals ?? null;
  }
}

function sampledWrite({ operation, index, user, createdId, built, doneUs }: Flight): SampledWrite {
  return { operation, index, user, id: createdId, key: built.key, doneUs, traceId: built.traceId, replay: null };
}
