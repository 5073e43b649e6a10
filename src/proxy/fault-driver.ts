import { setTimeout as sleep } from "node:timers/promises";
import { Agent, fetch } from "undici";
import type { RunEvent } from "../model/events.ts";
import { Fault, messageOf } from "../model/fault.ts";
import type { FaultsPlan, Network, PlannedToxic } from "../model/plan.ts";
import { agentConnect } from "../wire/agent-connect.ts";

/** Longest wait for the API: it answers from memory. */
const callTimeoutMs = 2_000;
/** How often the beginning of the first step is looked for: its instant is known ahead by 300 ms. */
const lookEveryMs = 50;
/** Times that a toxic is tried to be removed, and the pause between. */
const removalsMax = 3;
const removeAgainMs = 200;

export interface FaultOptions {
  readonly faults: FaultsPlan;
  /** How the API is reached. */
  readonly network: Network;
  readonly runId: string;
  /** Microseconds since the run's start. */
  readonly nowUs: () => number;
  /** When the first step that counts began, microseconds since the run's start; null: not yet. */
  readonly startUs: () => number | null;
  readonly event: (event: RunEvent) => void;
  /** Called once where a fault cannot be put there: the run is then not the one that was asked for. */
  readonly stop: (fault: Fault) => void;
}

interface Placed {
  readonly proxy: string;
  readonly name: string;
  /** The API has confirmed it. */
  isThere: boolean;
}

/**
 * Puts a plan's toxics between a target and what it calls while the load goes on, each at its time and for as long as it says, over the
 * REST API of a Toxiproxy or of `peakproof proxy`. What it has added is always removed again, and nothing else.
 */
export class FaultDriver {
  readonly #options: FaultOptions;
  readonly #end = new AbortController();
  readonly #placed = new Set<Placed>();
  readonly #agent: Agent;
  #driving: Promise<unknown> = Promise.resolve();

  constructor(options: FaultOptions) {
    this.#options = options;
    const { faults, network } = options;
    this.#agent = new Agent({ connect: agentConnect(faults.api, network) });
  }

  /** Looks whether the proxies are there, then waits for the first step. Rejects with a Fault `unreachable` or `usage`. */
  async begin(): Promise<void> {
    const { api, toxics } = this.#options.faults;
    const known = Object.keys((await this.#call("GET", "/proxies")) as object);
    const unknown = [...new Set(toxics.map(({ proxy }) => proxy))].filter((proxy) => !known.includes(proxy));
    if (unknown.length > 0) {
      throw new Fault("usage", `${api} has no proxy named ${unknown.join(", ")}`, {
        received: `proxies: ${known.join(", ") || "none"}`,
        expected: "a proxy of each name in faults.toxics",
        fix: `peakproof proxy --proxy "${unknown[0] ?? "lab"}=127.0.0.1:9001->127.0.0.1:9000"`,
      });
    }
    this.#driving = this.#drive();
  }

  /** Removes what is still there, and is of no use any more. Gives a sentence for each toxic that could not be removed, and how to do it. */
  async end(): Promise<string[]> {
    this.#end.abort();
    await this.#driving;
    const left = await Promise.all([...this.#placed].map((placed) => this.#remove(placed)));
    await this.#agent.destroy();
    return left.filter((sentence) => sentence !== null);
  }

  async #drive(): Promise<void> {
    const { faults, startUs, nowUs } = this.#options;
    let startedUs = startUs();
    while (startedUs === null && !this.#hasEnded) {
      await this.#rest(lookEveryMs);
      startedUs = startUs();
    }
    const beginUs = startedUs ?? nowUs();
    await Promise.all(faults.toxics.map((toxic, number) => this.#carryOut(toxic, number, beginUs)));
  }

  async #carryOut(toxic: PlannedToxic, number: number, beginUs: number): Promise<void> {
    const { nowUs, runId, stop } = this.#options;
    const { atUs, forUs, proxy, type, stream, toxicity, attributes } = toxic;
    await this.#rest((beginUs + atUs - nowUs()) / 1_000);
    if (this.#hasEnded) return;
    const placed = { proxy, name: `${runId}-${number}`, isThere: false };
    try {
      this.#placed.add(placed);
      await this.#call("POST", `/proxies/${encodeURIComponent(proxy)}/toxics`, {
        name: placed.name,
        type,
        stream,
        toxicity,
        attributes,
      });
    } catch (thrown) {
      // Where the reply was lost it may be there all the same: removing it is tried at the end.
      return stop(thrown instanceof Fault ? thrown : new Fault("internal", messageOf(thrown)));
    }
    placed.isThere = true;
    this.#say("fault-start", placed);
    await this.#rest((beginUs + atUs + forUs - nowUs()) / 1_000);
    if (!this.#hasEnded) await this.#remove(placed);
  }

  /** Null, or a sentence where it is still there. */
  async #remove(placed: Placed): Promise<string | null> {
    const path = `/proxies/${encodeURIComponent(placed.proxy)}/toxics/${encodeURIComponent(placed.name)}`;
    let why = "";
    for (let tries = 0; tries < removalsMax; tries++) {
      try {
        await this.#call("DELETE", path);
        this.#placed.delete(placed);
        if (placed.isThere) this.#say("fault-end", placed);
        return null;
      } catch (thrown) {
        why = messageOf(thrown);
        await sleep(removeAgainMs);
      }
    }
    return `a toxic is left on the proxy ${placed.proxy} (${why}); to remove it: curl -X DELETE ${this.#options.faults.api}${path}`;
  }

  #say(event: "fault-start" | "fault-end", { proxy, name }: Placed): void {
    this.#options.event({ t: this.#options.nowUs(), event, proxy, toxic: name });
  }

  get #hasEnded(): boolean {
    return this.#end.signal.aborted;
  }

  /** Until then, or until the end. */
  async #rest(ms: number): Promise<void> {
    await sleep(Math.max(0, ms), undefined, { signal: this.#end.signal }).catch(() => undefined);
  }

  /** A removed toxic, 404, is what DELETE wants. Rejects with a Fault `unreachable` for anything else that is no success. */
  async #call(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown> {
    const { api } = this.#options.faults;
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    let text: string;
    let status: number;
    try {
      const signal = AbortSignal.timeout(callTimeoutMs);
      const reply = await fetch(`${api}${path}`, { method, ...content, signal, dispatcher: this.#agent });
      ({ status } = reply);
      text = await reply.text();
      if (reply.ok) return text === "" ? {} : JSON.parse(text);
    } catch (thrown) {
      throw new Fault("unreachable", `the proxies' API does not answer at ${api}`, {
        received: messageOf(thrown),
        expected: "a Toxiproxy, or peakproof proxy",
        fix: "start it, or correct faults.api",
      });
    }
    if (method === "DELETE" && status === 404) return {};
    throw new Fault("unreachable", `the proxies' API refused ${method} ${path}`, {
      received: `${status} ${text.slice(0, 200).trim()}`,
      expected: "the toxic as faults.toxics has it",
    });
  }
}
