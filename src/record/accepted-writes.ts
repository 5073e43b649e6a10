/** Accepted writes again, each with the key and the user of its intent. */
import type { AcceptedWrite, JournalIntent, JournalOutcome } from "../model/journal.ts";
import { journalLines } from "./journal-file.ts";

/** A write that is sent again on purpose is sent again soon: so many accepted ones later it is not looked for any more. A guess. */
const rememberedWrites = 65_536;

/**
 * An operation's accepted writes. One that was sent again and gave the same id is given once. Memory grows with what is open at once and
 * not with the journal. Throws what `journalLines` throws.
 */
export async function* acceptedWrites(paths: readonly string[], operation: string): AsyncGenerator<AcceptedWrite> {
  for (const path of paths) {
    // All lines of a write are in one file.
    const intents = new Map<string, JournalIntent>();
    const recent = new RecentWrites();
    for await (const lines of journalLines(path)) {
      for (const line of lines) {
        if (line?.op !== operation) continue;
        const attempt = `${line.p}.${line.n}.${line.a}`;
        if (line.k === "i") {
          intents.set(attempt, line);
          continue;
        }
        const intent = intents.get(attempt);
        intents.delete(attempt);
        if (line.r !== "created" || recent.has(line)) continue;
        yield { id: line.id ?? null, key: intent?.key ?? null, user: intent?.u ?? null };
      }
    }
  }
}

/** Ids of the last accepted writes by purpose and number. */
class RecentWrites {
  readonly #ids = new Map<string, string>();

  /** Whether the write was given before under this id; it is remembered from now on. */
  has({ p, n, id }: JournalOutcome): boolean {
    if (id === undefined) return false;
    const write = `${p}.${n}`;
    if (this.#ids.get(write) === id) return true;
    this.#ids.set(write, id);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > rememberedWrites && oldest !== undefined) this.#ids.delete(oldest);
    return false;
  }
}
