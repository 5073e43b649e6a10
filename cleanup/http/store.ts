/** A target that sweeps itself: `GET|DELETE {admin}/synthetic/{run}?limit=N` with a bearer token (design section 8). */
import { createInterface } from "node:readline";
import { Agent, errors, request } from "undici";
import type { StorePlan, StoreState, UntaggedRow } from "../../src/model/cleanup.ts";
import type { HttpCleanup } from "../../src/model/cleanup-rules.ts";
import { errnoOf, messageOf } from "../../src/model/fault.ts";
import { ownTagHeaders } from "../../src/model/tags.ts";
import type { Network } from "../../src/model/plan.ts";
import { formatUs } from "../../src/model/units.ts";
import { redact } from "../../src/safety/redact.ts";
import { version } from "../../src/version.ts";
import { adminNetwork, agentConnect } from "../../src/wire/agent-connect.ts";
import { addressOf } from "./plan.ts";
import { parseReply, parseRow, type SyntheticReply } from "./reply.ts";
import { refusalOf } from "./status.ts";
import { StoreFault, totalRows, type Removal, type Store, type StoreContext } from "../store.ts";

/** One call from connect to the last byte. A batch of rows is deleted in far less; a store under load may need seconds. A guess. */
export const callTimeoutUs = 10_000_000;
/** Largest reply read. The contract's is about 200 bytes. */
const largestReplyBytes = 64 * 1024;
/** Largest list of rows read, line by line: 200,000 of them have some 40 MB. */
const largestListBytes = 256 * 1024 * 1024;

export class HttpStore implements Store {
  readonly #settings: HttpCleanup;
  readonly #plan: StorePlan;
  readonly #context: StoreContext;
  readonly #network: Network;
  readonly #timeoutUs: number;
  /** Our own timer ends a call; undici's, up to a second late, ends a list that stands still. */
  readonly #agent: Agent;
  #calls = 0;
  #lastTotal: number | null = null;

  constructor(settings: HttpCleanup, plan: StorePlan, context: StoreContext) {
    this.#settings = settings;
    this.#plan = plan;
    this.#context = context;
    this.#network = adminNetwork(context.run.plan);
    this.#timeoutUs = context.timeoutUs ?? callTimeoutUs;
    this.#agent = this.#newAgent(largestReplyBytes);
  }

  async look(): Promise<StoreState> {
    const { state } = await this.#call("GET", null);
    this.#lastTotal = totalRows(state.rows);
    return state;
  }

  /** Nothing to ask: the contract is that a target only removes rows of the run that the address names. */
  async guard(): Promise<void> {}

  /**
   * What went away is the larger of the target's own count and the fall since the last reply: the fall includes a batch whose
   * reply was lost, the count includes rows that landed in between.
   */
  async remove(limit: number): Promise<Removal> {
    const before = this.#lastTotal;
    const { state, deleted } = await this.#call("DELETE", limit);
    this.#lastTotal = totalRows(state.rows);
    return { deleted: Math.max(deleted ?? 0, (before ?? 0) - this.#lastTotal), remaining: this.#lastTotal };
  }

  untaggedRows(): AsyncIterable<UntaggedRow> | null {
    const { untagged } = this.#settings;
    return untagged === undefined ? null : this.#rows(this.#address(untagged, "untagged"));
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #newAgent(maxResponseSize: number): Agent {
    const connect = agentConnect(new URL(this.#context.run.plan.admin).origin, this.#network);
    const silenceMs = this.#timeoutUs / 1_000;
    return new Agent({
      connect,
      connections: 1,
      pipelining: 1,
      maxResponseSize,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
    });
  }

  async *#rows(address: URL): AsyncIterable<UntaggedRow> {
    const where = `GET ${address.href}`;
    await using dispatcher = closing(this.#newAgent(largestListBytes));
    try {
      const { signal = null } = this.#context;
      const reply = await request(address, { dispatcher: dispatcher.agent, headers: this.#headers(), signal });
      if (reply.statusCode !== 200) throw this.#refusal(where, reply.statusCode, null, null, await reply.body.text());
      // Whoever stops in the middle of the list breaks its connection, and then nobody is left to hear of it.
      const lines = createInterface({ input: reply.body }).on("error", () => undefined);
      for await (const line of lines) if (line !== "") yield parseRow(line, where);
    } catch (thrown) {
      throw thrown instanceof StoreFault ? thrown : brokenCall(where, thrown, largestListBytes);
    }
  }

  #address(path: string, field: "path" | "untagged"): URL {
    const { run } = this.#context;
    return new URL(addressOf(path, field, run.runId, run.plan.admin));
  }

  async #call(method: "GET" | "DELETE", limit: number | null): Promise<SyntheticReply> {
    const address = this.#address(this.#settings.path, "path");
    const where = `${method} ${address.href}`;
    if (limit !== null) address.searchParams.set("limit", String(limit));
    const { status, retryAfter, location, body } = await this.#exchange(method, address, where);
    if (status === 200) return parseReply(body, this.#context.run.runId, where);
    throw this.#refusal(where, status, retryAfter, location, body);
  }

  #refusal(where: string, status: number, retryAfter: string | null, location: string | null, body: string): StoreFault {
    return refusalOf({ where, status, retryAfter, location, tokenFrom: this.#plan.secretFrom, body: redact(body) });
  }

  async #exchange(method: "GET" | "DELETE", address: URL, where: string) {
    const timeout = AbortSignal.timeout(this.#timeoutUs / 1_000);
    const stopped = this.#context.signal;
    const signal = stopped === undefined ? timeout : AbortSignal.any([stopped, timeout]);
    try {
      const reply = await request(address, { dispatcher: this.#agent, method, headers: this.#headers(), signal });
      const headerOf = (name: string): string | null => [reply.headers[name]].flat()[0] ?? null;
      const body = await reply.body.text();
      return { status: reply.statusCode, retryAfter: headerOf("retry-after"), location: headerOf("location"), body };
    } catch (thrown) {
      if (timeout.aborted) throw this.#unanswered(where, thrown);
      throw brokenCall(where, thrown);
    }
  }

  #headers(): Record<string, string> {
    const { run, secret } = this.#context;
    return {
      ...ownTagHeaders(run.runId, "sweep", this.#calls++, version, run.plan.tags),
      accept: "application/json",
      ...(this.#network.host === null ? {} : { host: this.#network.host }),
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
    };
  }

  #unanswered(where: string, cause: unknown): StoreFault {
    return new StoreFault("unreachable", `${where} was not answered within ${formatUs(this.#timeoutUs)}`, {
      transient: true,
      cause,
      detail: { fix: "check that the target's admin port is up, and run peakproof cleanup again" },
    });
  }
}

function closing(agent: Agent): { readonly agent: Agent } & AsyncDisposable {
  return { agent, [Symbol.asyncDispose]: () => agent.destroy() };
}

/** Errors that no second attempt would change: a reply too large, a header that cannot be sent, bytes that are no HTTP. */
const finalErrors = [
  errors.ResponseExceededMaxSizeError,
  errors.InvalidArgumentError,
  errors.HeadersOverflowError,
  errors.HTTPParserError,
];

function brokenCall(where: string, thrown: unknown, largest = largestReplyBytes): StoreFault {
  const tooLarge = thrown instanceof errors.ResponseExceededMaxSizeError;
  // A refused connection to a name with several addresses has a code and no message.
  const said = tooLarge ? `a reply of more than ${largest} bytes` : redact(messageOf(thrown)) || errnoOf(thrown);
  return new StoreFault("unreachable", `${where} failed: ${said}`, {
    transient: !finalErrors.some((kind) => thrown instanceof kind),
    cause: thrown,
    detail: { fix: isCertificateError(thrown) ? certificateFix : connectionFix },
  });
}

const connectionFix = "check that the target's admin port is up and that admin names it, and run peakproof cleanup again";
const certificateFix =
  "check that admin has the certificate's name; name who vouches for it in connections.tls.ca (peakproof cleanup: --ca), " +
  "or verify nothing with --insecure";

/** By the codes of OpenSSL's verification and of Node's own check of the name (Node's documentation of `node:tls`). */
function isCertificateError(thrown: unknown): boolean {
  return /CERT|^UNABLE_TO_|^INVALID_|^HOSTNAME_MISMATCH$|^ERR_TLS_/.test(errnoOf(thrown) ?? "");
}
