/** Streams that a run shares with others: its own entries are those whose field holds the run id. */
import { textsOf, type RedisConnection, type RedisReply } from "./connection.ts";
import type { RedisNames } from "./plan.ts";

export interface StreamEntry {
  readonly id: string;
  /** Fields and values in turn. */
  readonly fields: readonly string[];
}

/** Entries in their order, a page at a time. */
export async function* streamPages(
  connection: RedisConnection,
  key: string,
  batch: number,
  from = "-",
): AsyncGenerator<readonly StreamEntry[]> {
  for (let start = from; ;) {
    const page = entriesOf(await connection.call("XRANGE", key, start, "+", "COUNT", batch));
    const last = page.at(-1);
    if (last !== undefined) yield page;
    if (last === undefined || page.length < batch) return;
    start = idAfter(last.id);
  }
}

/** Whether an entry has the run id in the field that tells. */
export function isOfRun({ fields }: StreamEntry, field: string, runId: string): boolean {
  return fields.some((name, at) => at % 2 === 0 && name === field && fields[at + 1] === runId);
}

export class RunStream {
  readonly #connection: RedisConnection;
  readonly #stream: RedisNames["streams"][number];
  readonly #names: RedisNames;
  #from = "-";

  constructor(connection: RedisConnection, stream: RedisNames["streams"][number], names: RedisNames) {
    this.#connection = connection;
    this.#stream = stream;
    this.#names = names;
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const page of this.#pages("-")) count += this.#own(page).length;
    return count;
  }

  /**
   * Removes at most `limit` of the run's entries, fewer only where none is left, and tells of each call that did. The stream, its last id and its consumer groups stay.
   * What a consumer has read and not acknowledged stays pending under its id, without content (manual of XDEL, XAUTOCLAIM).
   */
  async remove(limit: number, tell: (deleted: number) => void): Promise<void> {
    let deleted = 0;
    for await (const page of this.#pages(this.#from)) {
      const own = this.#own(page).map(({ id }) => id);
      const ids = own.slice(0, limit - deleted);
      if (ids.length > 0) {
        const removed = Number(await this.#connection.call("XDEL", this.#stream.key, ...ids));
        deleted += removed;
        tell(removed);
      }
      const last = own.length > ids.length ? ids.at(-1) : page.at(-1)?.id;
      if (last !== undefined) this.#from = idAfter(last);
      if (deleted >= limit) return;
    }
    this.#from = "-";
  }

  #pages(from: string): AsyncGenerator<readonly StreamEntry[]> {
    return streamPages(this.#connection, this.#stream.key, this.#names.batch, from);
  }

  #own(page: readonly StreamEntry[]): StreamEntry[] {
    return page.filter((entry) => isOfRun(entry, this.#stream.field, this.#names.runId));
  }
}

function entriesOf(reply: RedisReply): StreamEntry[] {
  if (!Array.isArray(reply)) return [];
  return reply.map((entry: RedisReply) => {
    const [id = "", fields = []] = Array.isArray(entry) ? entry : [];
    return { id: String(id), fields: textsOf(fields) };
  });
}

/** The smallest id beyond one. `(` would say the same, but only since Redis 6.2. */
function idAfter(id: string): string {
  const [milliseconds = "0", sequence = "0"] = id.split("-");
  return `${milliseconds}-${BigInt(sequence) + 1n}`;
}
