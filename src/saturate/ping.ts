import { Worker } from "node:worker_threads";
import type { FromLanes, LanesInput } from "../load/messages.ts";
import { threadEntry } from "../load/team.ts";
import type { Window } from "./messages.ts";

/**
 * The sentinel lanes of a run, beside the sweep and in a thread of their own. Of their rounds, two a second, the kept-alive trivial
 * one is kept: whether it waits as the load does tells a queue in the process from one behind it.
 */
export class PingLane {
  readonly #thread: Worker | null;
  readonly #startedUs: number;
  readonly #rounds: { readonly sentUs: number; readonly us: number }[] = [];

  /** Without an input there is no lane, and no round. */
  constructor(input: LanesInput | null) {
    this.#startedUs = input?.startedUs ?? 0;
    this.#thread = input === null ? null : new Worker(threadEntry("lanes"), { workerData: input, name: "lanes" });
    this.#thread?.on("message", (message: FromLanes) => this.#hear(message));
    // Without its lane the sweep is poorer, and goes on.
    this.#thread?.on("error", () => undefined);
  }

  /** The rounds that began within a window, microseconds each; -1: no answer. */
  within({ fromUs, toUs }: Window): number[] {
    return this.#rounds.filter(({ sentUs }) => sentUs >= fromUs && sentUs < toUs).map(({ us }) => us);
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #hear(message: FromLanes): void {
    if (message.type !== "round" || message.round.keptUs === null) return;
    const { t, keptUs } = message.round;
    this.#rounds.push({ sentUs: this.#startedUs + t - Math.max(0, keptUs), us: keptUs });
  }
}
