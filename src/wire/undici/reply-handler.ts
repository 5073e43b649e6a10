import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Waiter } from "../deadline-queue.ts";
import type { Exchange, WireError } from "../exchange.ts";
import { wasClosedIdle } from "../idle-race.ts";
import { codeOf } from "./error-code.ts";
import type { UndiciConnection } from "./connection.ts";

type Controller = Dispatcher.DispatchController;

/** Why undici is told to drop a request; nobody reads it. */
const givenUp = new Error("given up");

/** One exchange on an undici connection: takes down what undici tells of it. */
export class ReplyHandler<Carried extends Exchange> implements Waiter, Dispatcher.DispatchHandler {
  readonly deadlineUs: number;
  before: this | null = null;
  after: this | null = null;
  readonly exchange: Carried;
  readonly connection: UndiciConnection<Carried>;
  /** It was settled, or given back: undici has nothing more to say. */
  isOver = false;
  #controller: Controller | null = null;
  #body: Buffer[] = [];

  constructor(exchange: Carried, connection: UndiciConnection<Carried>) {
    this.exchange = exchange;
    this.connection = connection;
    this.deadlineUs = exchange.deadlineUs;
  }

  /** Tells undici to forget the request: HTTP/1.1 loses its connection by that, HTTP/2 resets the stream. */
  cancel(): void {
    this.#controller?.abort(givenUp);
  }

  /** The request goes out now. A second time, undici has it sent again after a REFUSED_STREAM; whether to do that is not its to decide. */
  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (!this.isOver && this.exchange.sentUs === 0) {
      this.exchange.sentUs = this.connection.host.now();
      return;
    }
    this.connection.failed(this, "REFUSED_STREAM");
    controller.abort(givenUp);
  }

  /** Called for the first byte of a reply in HTTP/1.1, for the head in HTTP/2. */
  onResponseStarted(): void {
    this.#hear();
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, statusText = ""): void {
    this.#hear();
    if (this.isOver || status < 200) return;
    const { exchange, connection } = this;
    exchange.status = status;
    if (exchange.keepHead || status >= 400) exchange.head = headText(status, statusText, controller.rawHeaders ?? []);
    if (!exchange.isHead && Number(headers["content-length"]) > connection.host.limits.maxBodyBytes) this.#refuse();
  }

  onResponseData(_controller: Controller, bytes: Buffer): void {
    this.#hear();
    if (this.isOver) return;
    const { exchange, connection } = this;
    exchange.bodyBytes += bytes.length;
    if (exchange.bodyBytes > connection.host.limits.maxBodyBytes) this.#refuse();
    else if (this.#keepsBody) this.#body.push(bytes);
  }

  onResponseEnd(): void {
    if (this.#keepsBody) this.exchange.body = Buffer.concat(this.#body);
    this.connection.ended(this, null);
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.connection.failed(this, codeOf(error));
  }

  /** Error key where the exchange or its connection failed with this code. */
  failure(code: string): WireError {
    if (this.exchange.firstByteUs !== 0 || code === "too-large" || code.startsWith("malformed-")) return `reading:${code}`;
    const { connection, exchange } = this;
    const isRace = connection.wasIdleBefore(this) && wasClosedIdle(code, connection.host.now() - exchange.sentUs);
    return isRace ? "sent:closed-idle" : `sent:${code}`;
  }

  get #keepsBody(): boolean {
    return this.exchange.keepBody || this.exchange.status >= 400;
  }

  #hear(): void {
    const nowUs = this.connection.host.now();
    this.connection.heardUs = nowUs;
    if (this.exchange.firstByteUs === 0) this.exchange.firstByteUs = nowUs;
  }

  #refuse(): void {
    this.connection.ended(this, "reading:too-large");
    this.cancel();
  }
}

/** A head as HTTP/1.1 writes it, so that it can be read like any other: status line, fields, blank line. */
function headText(status: number, statusText: string, raw: NonNullable<Controller["rawHeaders"]>): string {
  let fields = "";
  if (Array.isArray(raw)) {
    for (let at = 0; at + 1 < raw.length; at += 2) fields += `${latin1(raw[at])}: ${latin1(raw[at + 1])}\r\n`;
    return `HTTP/1.1 ${status} ${statusText}\r\n${fields}\r\n`;
  }
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value]) fields += `${name}: ${one}\r\n`;
  }
  return `HTTP/2 ${status}\r\n${fields}\r\n`;
}

function latin1(text: Buffer | string | undefined): string {
  return typeof text === "object" ? text.toString("latin1") : (text ?? "");
}
