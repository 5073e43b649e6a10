import { Agent, errors, request } from "undici";
import { errnoOf, Fault, messageOf } from "../model/fault.ts";
import type { Network } from "../model/plan.ts";
import { redact } from "../safety/redact.ts";
import { agentConnect } from "../wire/agent-connect.ts";
import { withRun, type Canary, type Look, type Observer } from "./observer.ts";

/** Largest reply read. A page that lists what it has seen is far smaller. A guess. */
const largestReplyBytes = 1_048_576;

export interface HttpPlace {
  readonly hop: string;
  /** With `{run}` in it. */
  readonly address: string;
  /** Where in the JSON: `rows.store`. Null: anywhere in the text. */
  readonly field: string | null;
  readonly network: Network;
  /** Those of the run itself, not of a canary: being asked must not look like having seen one. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A page that says what a place has seen: 200 with a number above 0, or with the run id; 404: not yet. */
export class HttpObserver implements Observer {
  readonly #place: HttpPlace;
  readonly #agent: Agent;

  constructor(place: HttpPlace) {
    this.#place = place;
    const connect = agentConnect(new URL(withRun(place.address, noCanary)).origin, place.network);
    this.#agent = new Agent({ connect, connections: 1, pipelining: 1, maxResponseSize: largestReplyBytes });
  }

  watch(canary: Canary): Look {
    const address = new URL(withRun(this.#place.address, canary));
    return async (signal) => this.#isSeen(await this.#ask(address, signal), canary, address);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** The text of the reply; null where the page is not there (yet). */
  async #ask(address: URL, signal: AbortSignal): Promise<string | null> {
    const { hop, network, headers } = this.#place;
    const host = network.host === null ? {} : { host: network.host };
    try {
      const reply = await request(address, { dispatcher: this.#agent, headers: { ...headers, ...host }, signal });
      const text = await reply.body.text();
      if (reply.statusCode === 404) return null;
      if (reply.statusCode !== 200) throw refusal(hop, address, reply.statusCode, text);
      return text;
    } catch (thrown) {
      if (thrown instanceof Fault) throw thrown;
      const said =
        thrown instanceof errors.ResponseExceededMaxSizeError
          ? `a reply of more than ${largestReplyBytes} bytes`
          : redact(messageOf(thrown)) || errnoOf(thrown);
      throw new Fault("unreachable", `hop "${hop}" cannot be asked: GET ${address.href} failed: ${said}`, {
        fix: "check that what answers there is up, and that the hop's path names it",
      });
    }
  }

  #isSeen(text: string | null, { runId }: Canary, address: URL): boolean {
    const { hop, field } = this.#place;
    if (text === null) return false;
    if (field === null) return text.includes(runId);
    const value = valueAt(parsed(text, hop, address), field);
    return typeof value === "number" ? value > 0 : (JSON.stringify(value) ?? "").includes(runId);
  }
}

/** To read an address by before there is a canary. */
const noCanary: Canary = { runId: "run", operation: "" };

function refusal(hop: string, address: URL, status: number, text: string): Fault {
  const passes = status === 429 || status >= 500;
  const fix =
    status === 401 || status === 403
      ? `give the hop its token: { http: { path, token: "env:NAME" } }`
      : "the hop's path must name a page that answers 200, or 404 while it has seen nothing";
  return new Fault(passes ? "unreachable" : "usage", `hop "${hop}" cannot be asked: GET ${address.href} answered ${status}`, {
    received: redact(text).slice(0, 200),
    expected: "status 200",
    fix,
  });
}

function parsed(text: string, hop: string, address: URL): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault("usage", `hop "${hop}" has a field, and GET ${address.href} answered no JSON`, {
      received: redact(text).slice(0, 200),
      fix: "leave out field to look for the run id anywhere in the text",
    });
  }
}

/** What is at the end of a path of names; undefined where it leads nowhere. */
function valueAt(value: unknown, path: string): unknown {
  let at: unknown = value;
  for (const name of path.split(".")) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}
