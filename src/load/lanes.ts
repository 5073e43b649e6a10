/**
 * The lane thread: three sentinel streams of two rounds a second, in a thread of their own so that a busy load thread cannot make
 * the target look slow. Connect only; trivial on a fresh connection; trivial on a kept-alive one: together they tell kernel,
 * process and handler apart (reference: diagnosis, section 0.3).
 */
import { parentPort, workerData } from "node:worker_threads";
import { monotonicUs } from "../measure/clock.ts";
import { ownTagHeaders } from "../model/tags.ts";
import { threadIdOf } from "../vitals/proc-files.ts";
import { version } from "../version.ts";
import { connectOnly } from "../wire/connect-only.ts";
import { endpointFor } from "../wire/endpoint.ts";
import { Exchange } from "../wire/exchange.ts";
import { openTransport, type Transport } from "../wire/transport.ts";
import type { FromLanes, LaneRound, LanesInput } from "./messages.ts";
import { sitesOf } from "./sites.ts";

const roundEveryMs = 500;
/** A lane that has not answered by then has failed this round, microseconds. */
const deadlineUs = 5_000_000;

const { target, network, path, runId, tags, startedUs } = workerData as LanesInput;
// Behind a proxy the target itself may not be within reach, and the first queue that load stands in is the proxy's.
const endpoint = endpointFor(network.proxy ?? target, network);
const nowUs = (): number => monotonicUs() - startedUs;
const totals = { sent: 0, ok: 0 };
const say = (message: FromLanes): void => parentPort?.postMessage(message);

const tag = ownTagHeaders(runId, "lane", 0, version, tags);
const head = [
  `GET ${path} HTTP/1.1`,
  `host: ${sitesOf([target], network)[0]?.host ?? ""}`,
  ...Object.entries(tag).map(([name, value]) => `${name}: ${value}`),
].join("\r\n");

/** One lane: a transport with one connection, and the round it is busy with. */
class Lane {
  readonly #transport: Transport;
  readonly #fresh: boolean;
  readonly #request: string;
  #done: ((us: number) => void) | null = null;

  constructor(policy: "keep-alive" | "fresh") {
    this.#fresh = policy === "fresh";
    this.#request = `${head}\r\n${this.#fresh && network.protocol === "h1" ? "connection: close\r\n" : ""}\r\n`;
    this.#transport = openTransport({
      origin: target,
      network,
      maxConnections: 1,
      now: nowUs,
      settled: (exchange) => this.#settled(exchange),
    });
  }

  /** Microseconds from due to done; -1: failed; null: the round before is still under way. */
  round(): Promise<number> | null {
    if (this.#done !== null) return null;
    const exchange = new Exchange();
    exchange.request = this.#request;
    exchange.fresh = this.#fresh;
    exchange.dueUs = exchange.dispatchedUs = nowUs();
    exchange.deadlineUs = exchange.dueUs + deadlineUs;
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#transport.dispatch(exchange);
    });
  }

  expire(now: number): void {
    this.#transport.expire(now);
  }

  #settled(exchange: Exchange): void {
    const done = this.#done;
    this.#done = null;
    const isOk = exchange.error === null && exchange.status >= 200 && exchange.status < 400;
    if (exchange.sentUs > 0) totals.sent += 1;
    if (isOk) totals.ok += 1;
    done?.(isOk ? Math.round(exchange.doneUs - exchange.dueUs) : -1);
  }
}

const kept = new Lane("keep-alive");
const fresh = new Lane("fresh");
let connecting = false;

/** A lane's answer is told when it comes, at the second in which it came. */
function tell(lane: "connectUs" | "freshUs" | "keptUs", us: number): void {
  const round: LaneRound = { t: nowUs(), connectUs: null, freshUs: null, keptUs: null, [lane]: us };
  say({ type: "round", round, totals: { ...totals } });
}

function startRound(): void {
  void kept.round()?.then((us) => tell("keptUs", us));
  void fresh.round()?.then((us) => tell("freshUs", us));
  if (connecting) return;
  connecting = true;
  void connectOnly(endpoint, deadlineUs / 1_000).then((result) => {
    connecting = false;
    tell("connectUs", "connectUs" in result ? Math.round(result.connectUs) : -1);
  });
}

setInterval(startRound, roundEveryMs);
setInterval(() => {
  const now = nowUs();
  kept.expire(now);
  fresh.expire(now);
}, 50);
startRound();
say({ type: "ready", threadId: threadIdOf() });
