/** A small target that books payments and queues orders, and keeps the account that a record is held against. */
import type { ServerResponse } from "node:http";
import { startHttpServer, type Asked, type HttpServer } from "./http-server.ts";

/** What it does wrong, by the number in a write's key. Nothing where it says nothing. */
export interface LedgerFaults {
  readonly loses?: (number: number) => boolean;
  readonly doubles?: (number: number) => boolean;
  /** Books a payment again, under another id, when its key comes a second time. */
  readonly forgetsKey?: (number: number) => boolean;
  /** How long an order is in the queue. */
  readonly orderMs?: number;
}

/** One accepted write. */
export interface LedgerWrite {
  /** Ids that it was given, one for each time that it was taken for a new one. */
  readonly ids: string[];
  readonly trace: string;
  /** How often it was booked. */
  effects: number;
  /** How often it was asked for. */
  posts: number;
}

export class Ledger {
  /** By key. */
  readonly writes = new Map<string, LedgerWrite>();
  /** How often what has an id (a payment) or a key (an order) was booked. */
  readonly #booked = new Map<string, number>();
  readonly #faults: LedgerFaults;
  #ids = 0;

  constructor(faults: LedgerFaults) {
    this.#faults = faults;
  }

  /** Writes of a kind that a condition holds for. */
  count(kind: "pay" | "order", holds: (write: LedgerWrite) => boolean): number {
    return [...this.writes].filter(([key, write]) => key.startsWith(kind) && holds(write)).length;
  }

  answer(asked: Asked, reply: ServerResponse): void {
    if (asked.method === "POST") return this.#take(asked, reply);
    const times = this.#booked.get(asked.path.split("/").at(-1) ?? "") ?? 0;
    reply.writeHead(times === 0 ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify({ times }));
  }

  #take(asked: Asked, reply: ServerResponse): void {
    const key = asked.header("idempotency-key") ?? "";
    const number = Number(key.split("-").at(-1));
    const isOrder = key.startsWith("order");
    const write = this.writes.get(key) ?? {
      ids: [],
      trace: asked.header("traceparent")?.split("-")[1] ?? "",
      effects: 0,
      posts: 0,
    };
    this.writes.set(key, write);
    write.posts += 1;
    if (write.posts === 1 || this.#faults.forgetsKey?.(number) === true) {
      write.ids.push(`id-${(this.#ids += 1)}`);
      const times = this.#faults.loses?.(number) === true ? 0 : this.#faults.doubles?.(number) === true ? 2 : 1;
      const land = (): void => this.#book(write, isOrder ? key : (write.ids.at(-1) ?? ""), times);
      if (isOrder) setTimeout(land, this.#faults.orderMs ?? 0);
      else land();
    }
    reply.writeHead(isOrder ? 202 : 201, { "content-type": "application/json" }).end(JSON.stringify({ id: write.ids.at(-1) }));
  }

  #book(write: LedgerWrite, name: string, times: number): void {
    write.effects += times;
    this.#booked.set(name, (this.#booked.get(name) ?? 0) + times);
  }
}

export async function startLedger(faults: LedgerFaults): Promise<HttpServer & { readonly ledger: Ledger }> {
  const ledger = new Ledger(faults);
  const server = await startHttpServer("h1", (asked, reply) => ledger.answer(asked, reply));
  return Object.assign(server, { ledger });
}
