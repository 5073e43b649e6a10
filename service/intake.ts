/** What workers ask to be written: check-ins join the queue, the rest is stored at once, a batch in one transaction. */
import type { Consumer } from "./consumer.ts";
import type { Command, CommandResult, WriteCommand } from "./messages.ts";
import type { WriteQueue } from "./queue.ts";
import type { Writer } from "./writer.ts";

type Numbered<Value> = readonly [call: number, value: Value];

/** The primary's side of `WriterCalls`. */
export class Intake {
  readonly #writer: Writer;
  readonly #queue: WriteQueue;
  readonly #consumer: Consumer;

  constructor(writer: Writer, queue: WriteQueue, consumer: Consumer) {
    this.#writer = writer;
    this.#queue = queue;
    this.#consumer = consumer;
  }

  /** The result of each command of a batch, in any order. */
  perform(batch: readonly Numbered<Command>[]): Numbered<CommandResult>[] {
    const results: Numbered<CommandResult>[] = [];
    const writes: Numbered<WriteCommand>[] = [];
    for (const [call, command] of batch) {
      if (command.kind === "add-checkin") results.push([call, this.#enqueue(command)]);
      else writes.push([call, command]);
    }
    if (writes.length === 0) return results;
    const written = this.#writer.apply(writes.map(([, command]) => command));
    for (const [at, [call]] of writes.entries()) results.push([call, written[at] ?? { outcome: "failed", message: "no result" }]);
    return results;
  }

  #enqueue({ run, checkin }: Extract<Command, { kind: "add-checkin" }>): CommandResult {
    if (this.#writer.tombstones.has(run)) return { outcome: "tombstoned" };
    if (!this.#queue.offer({ run, checkin, enqueuedMs: performance.now() })) return { outcome: "queue-full" };
    this.#consumer.wake();
    return { outcome: "created", id: checkin.id };
  }
}
