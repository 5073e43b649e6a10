/**
 * For tests: a real HTTP server with the `/synthetic/<run>` contract of design section 8 over rows in memory, which can be told to
 * misbehave. It keeps every request it got, so that a test can say what was never sent.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Rows of real people have a key and an instant of their last change, where somebody gave them one. */
export interface Row {
  readonly place: "store" | "cache" | "queue";
  /** Null: a row of real people. */
  readonly run: string | null;
  readonly value: number;
  readonly key?: string;
  /** ISO 8601. */
  readonly at?: string;
}

/** What to do with one request instead of answering it; `act-then-drop` carries it out and loses the reply. */
export type Misbehaviour =
  | { readonly kind: "hang" | "drop" | "act-then-drop" }
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

export class InMemoryTarget {
  rows: Row[] = [];
  tombstones = new Set<string>();
  seen: SeenRequest[] = [];
  readonly token: string;
  /** Called before each request is handled, with its number from 0; what it returns replaces the normal answer. */
  interfere: (number: number, request: SeenRequest) => Misbehaviour | undefined = () => undefined;
  /** What DELETE removes of the rows that match; a stuck store removes none. */
  removable: (rows: readonly Row[], limit: number) => readonly Row[] = (rows, limit) => rows.slice(0, limit);
  countsUntagged = true;
  tellsDeleted = false;
  readonly #server: Server;

  private constructor(token: string) {
    this.token = token;
    this.#server = createServer((request, reply) => this.#serve(request, reply));
  }

  static async start(token = "correct-horse"): Promise<InMemoryTarget> {
    const target = new InMemoryTarget(token);
    target.#server.listen(0, "127.0.0.1");
    await once(target.#server, "listening");
    return target;
  }

  get admin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(count: number, run: string | null, place: Row["place"] = "store"): void {
    for (let value = 0; value < count; value++) this.rows.push({ place, run, value });
  }

  rowsOf(run: string | null): Row[] {
    return this.rows.filter((row) => row.run === run);
  }

  /** Adds a row of real people by its key. */
  addPerson(key: string, at: string): void {
    this.rows.push({ place: "store", run: null, value: key.length, key, at });
  }

  reset(): void {
    this.rows = [];
    this.tombstones.clear();
    this.seen = [];
    this.interfere = () => undefined;
    this.removable = (rows, limit) => rows.slice(0, limit);
    this.countsUntagged = true;
    this.tellsDeleted = false;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(request: IncomingMessage, reply: ServerResponse): void {
    const seen = { method: request.method ?? "", url: request.url ?? "", headers: request.headers };
    const misbehaviour = this.interfere(this.seen.length, seen);
    this.seen.push(seen);
    if (misbehaviour?.kind === "hang") return;
    if (misbehaviour?.kind === "drop") return void request.socket.destroy();
    if (misbehaviour?.kind === "reply") {
      return void reply.writeHead(misbehaviour.status, { ...misbehaviour.headers }).end(misbehaviour.body);
    }
    const { status, body } = this.#answer(seen);
    if (misbehaviour?.kind === "act-then-drop") return void request.socket.destroy();
    const text = Array.isArray(body) ? body.map((row) => `${JSON.stringify(row)}\n`).join("") : JSON.stringify(body);
    reply.writeHead(status, { "content-type": "application/json" }).end(text);
  }

  #answer({ method, url, headers }: SeenRequest): { status: number; body: unknown } {
    if (headers.authorization !== `Bearer ${this.token}`) return { status: 401, body: { error: "unauthorized" } };
    const { pathname, searchParams } = new URL(url, "http://target");
    const [, run, list] = /^\/synthetic\/([a-z0-9-]+)(\/untagged)?$/.exec(pathname) ?? [];
    if (run === undefined) return { status: 404, body: { error: "not found" } };
    if (list !== undefined) return { status: 200, body: this.#untagged() };
    const deleted = method === "DELETE" ? this.#remove(run, Number(searchParams.get("limit"))) : 0;
    return { status: 200, body: { ...this.#state(run), ...(this.tellsDeleted ? { deleted } : {}) } };
  }

  #remove(run: string, limit: number): number {
    this.tombstones.add(run);
    const doomed = new Set(this.removable(this.rowsOf(run), limit));
    this.rows = this.rows.filter((row) => !doomed.has(row));
    return doomed.size;
  }

  /** Rows without a key of their own are known by their number. */
  #untagged(): object[] {
    return this.rowsOf(null).map(({ place, value, key, at = null }, number) => {
      return { place, key: key ?? `person-${number}`, digest: String(value), at };
    });
  }

  #state(run: string): object {
    const counts = { store: 0, cache: 0, queue: 0 };
    for (const row of this.rowsOf(run)) counts[row.place] += 1;
    const untagged = this.rowsOf(null);
    const checksum = untagged.reduce((sum, row) => (Math.imul(sum, 31) + row.value) | 0, 7).toString(16);
    return {
      run,
      rows: counts,
      untagged: this.countsUntagged ? { count: untagged.length, checksum } : null,
      tombstoned: this.tombstones.has(run),
    };
  }
}
