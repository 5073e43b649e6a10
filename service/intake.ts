/** What workers ask to be written: check-ins join the queue, the rest is stored at once, a batch in one transaction. */
import type { Consumer } from "./consumer.ts";
import type { Command, CommandResult, QueuedCheckin, WriteCommand } from "./messages.ts";
import type { CheckinQueue, Offer } from "./queue.ts";
import type { RedisCounters } from "./redis-counters.ts";
import type { Store } from "./store.ts";
import type { WriteFaults } from "./write-faults.ts";

type Numbered<Value> = readonly [call: number, value: Value];
type Results = readonly Numbered<CommandResult>[];

/** Where writes go. */
export interface IntakeParts {
  readonly store: Store;
  readonly queue: CheckinQueue;
  readonly consumer: Consumer;
  /** Null: none are kept. */
  readonly counters: RedisCounters | null;
  readonly faults: WriteFaults;
  /** Swept runs, as far as this process knows; stores have the last word. */
  readonly tombstones: ReadonlySet<string>;
  readonly failed: (error: unknown) => void;
}

/** The primary's side of `WriterCalls`. */
export class Intake {
  readonly #parts: IntakeParts;
  /** Batches that are under way. */
  readonly #open = new Set<Promise<void>>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Performs a batch. Its results come in any order, those of check-ins without waiting for the rest. */
  perform(batch: readonly Numbered<Command>[], reply: (results: Results) => void): void {
    const checkins: Promise<Numbered<CommandResult>>[] = [];
    const writes: Numbered<WriteCommand>[] = [];
    const lost: Numbered<CommandResult>[] = [];
    for (const [call, command] of batch) {
      if (command.kind !== "remove-report" && this.#loses(command)) lost.push([call, { outcome: "created", id: idOf(command) }]);
      else if (command.kind === "add-checkin") checkins.push(this.#enqueue(command).then((result) => [call, result]));
      else writes.push([call, command]);
    }
    if (lost.length > 0) reply(lost);
    if (checkins.length > 0) this.#follow(Promise.all(checkins).then(reply));
    if (writes.length > 0) this.#follow(this.#write(writes).then(reply));
  }

  /** Resolves when all that was asked for is stored or queued, late items too. */
  async settle(): Promise<void> {
    this.#parts.faults.landAll();
    await Promise.all(this.#open);
  }

  #follow(work: Promise<void>): void {
    const done = work.catch(this.#parts.failed).finally(() => this.#open.delete(done));
    this.#open.add(done);
  }

  /** A tombstoned run's writes are refused like any other time. */
  #loses({ run }: Command): boolean {
    return this.#parts.faults.loses() && !this.#isTombstoned(run);
  }

  async #write(writes: readonly Numbered<WriteCommand>[]): Promise<Results> {
    const commands = this.#parts.faults.onStore(writes.map(([, command]) => command));
    const results = await this.#parts.store.apply(commands);
    await this.#count(commands, results);
    return writes.map(([call], at) => [call, results[at] ?? { outcome: "failed", message: "no result" }]);
  }

  /** The counters follow the store. One that cannot be reached fails no write that is stored. */
  async #count(commands: readonly WriteCommand[], results: readonly CommandResult[]): Promise<void> {
    const { counters, failed } = this.#parts;
    if (counters === null) return;
    const changes = new Map<string | null, number>();
    for (const [at, result] of results.entries()) {
      const command = commands[at];
      if (result.outcome === "removed") changes.set(result.run, (changes.get(result.run) ?? 0) - 1);
      if (result.outcome === "created" && command?.kind === "add-report")
        changes.set(command.run, (changes.get(command.run) ?? 0) + 1);
    }
    await Promise.all([...changes].map(([run, reports]) => counters.add(run, reports))).catch(failed);
  }

  async #enqueue({ run, checkin }: Extract<Command, { kind: "add-checkin" }>): Promise<CommandResult> {
    const { faults } = this.#parts;
    if (this.#isTombstoned(run)) return { outcome: "tombstoned" };
    const item = faults.onQueue({ run, checkin });
    if (faults.areLate) {
      faults.hold(() => this.#follow(this.#land(item)));
      return { outcome: "created", id: checkin.id };
    }
    try {
      return resultOf(await this.#offer(item), checkin.id);
    } catch (error) {
      return { outcome: "failed", message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** A late item has been answered for: what becomes of it now, nobody is told. */
  async #land(item: QueuedCheckin): Promise<void> {
    if (this.#isTombstoned(item.run)) this.#parts.queue.countDropped(1);
    else await this.#offer(item).catch(this.#parts.failed);
  }

  async #offer(item: QueuedCheckin): Promise<Offer> {
    const offer = await this.#parts.queue.offer(item);
    if (offer === "queued") this.#parts.consumer.wake();
    return offer;
  }

  #isTombstoned(run: string | null): boolean {
    return run !== null && this.#parts.tombstones.has(run);
  }
}

function idOf(command: Exclude<Command, { kind: "remove-report" }>): string {
  if (command.kind === "add-citizen") return command.citizen.id;
  return command.kind === "add-report" ? command.report.id : command.checkin.id;
}

function resultOf(offer: Offer, id: string): CommandResult {
  if (offer === "queued") return { outcome: "created", id };
  return { outcome: offer === "full" ? "queue-full" : "tombstoned" };
}
