/** What goes wrong with writes on purpose, between their acceptance and the store. Nothing does where no share is set. */
import { randomUUID } from "node:crypto";
import type { ServiceConfig } from "./config.ts";
import { tagAt } from "./hops.ts";
import type { QueuedCheckin, WriteCommand } from "./messages.ts";

type Rules = Pick<ServiceConfig, "loseShare" | "duplicateShare" | "lateWriteMs" | "dropTagAt">;

/** One service's faults; chance decides for each write by itself. */
export class WriteFaults {
  readonly #rules: Rules;
  /** Accepted check-ins that are nowhere to be seen, each with its timer. */
  readonly #late = new Map<NodeJS.Timeout, () => void>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** Whether an accepted write is to be forgotten. */
  loses(): boolean {
    return falls(this.#rules.loseShare);
  }

  /** What the store is told instead of a batch: the same commands in the same order, then those that are applied once more. */
  onStore(commands: readonly WriteCommand[]): readonly WriteCommand[] {
    if (!this.#changesStore) return commands;
    const kept = commands.map((command) => ({ ...command, run: tagAt("store", command.run, this.#rules.dropTagAt) }));
    const again = kept.flatMap((command): WriteCommand[] =>
      command.kind === "add-report" && falls(this.#rules.duplicateShare)
        ? [{ ...command, keyUse: null, report: { ...command.report, id: randomUUID() } }]
        : [],
    );
    return [...kept, ...again];
  }

  /** As `onStore`, for check-ins that come from the queue. */
  onCheckins(items: readonly QueuedCheckin[]): readonly QueuedCheckin[] {
    if (!this.#changesStore) return items;
    const kept = items.map(({ run, checkin }) => ({ run: tagAt("store", run, this.#rules.dropTagAt), checkin }));
    const doubled = kept.filter(() => falls(this.#rules.duplicateShare));
    return [...kept, ...doubled.map(({ run, checkin }) => ({ run, checkin: { ...checkin, id: randomUUID() } }))];
  }

  /** What is queued instead of a check-in. */
  onQueue({ run, checkin }: QueuedCheckin): QueuedCheckin {
    return { run: tagAt("queue", run, this.#rules.dropTagAt), checkin };
  }

  /** Whether accepted check-ins are held before they are queued. */
  get areLate(): boolean {
    return this.#rules.lateWriteMs > 0;
  }

  /** Does it when the write is late enough, or when the service stops. */
  hold(land: () => void): void {
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      land();
    }, this.#rules.lateWriteMs);
    this.#late.set(timer, land);
  }

  /** At once. */
  landAll(): void {
    for (const [timer, land] of this.#late) {
      clearTimeout(timer);
      land();
    }
    this.#late.clear();
  }

  get #changesStore(): boolean {
    return this.#rules.duplicateShare > 0 || this.#rules.dropTagAt === "store";
  }
}

function falls(share: number): boolean {
  return share > 0 && Math.random() < share;
}
