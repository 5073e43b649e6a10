/** A target that sweeps itself: `GET|DELETE {admin}/synthetic/{run}?limit=N` with a bearer token (design section 8). */
import { Agent, errors, request } from "undici";
import { errnoOf, messageOf } from "../src/model/fault.ts";
import { ownTagHeaders } from "../src/model/tags.ts";
import { plainNetwork, type Network } from "../src/model/plan.ts";
import { formatUs } from "../src/model/units.ts";
import { redact } from "../src/safety/redact.ts";
import { version } from "../src/version.ts";
import { agentConnect } from "../src/wire/agent-connect.ts";
import { parseReply, type SyntheticReply } from "./reply.ts";
import { refusalOf } from "./status.ts";
import { StoreFault, totalRows, type Removal, type Store } from "./store.ts";

/** One call from connect to the last byte. A batch of rows is deleted in far less; a store under load may need seconds. A guess. */
export const callTimeoutUs = 10_000_000;
/** Largest reply read. The contract's is about 200 bytes. */
const largestReplyBytes = 64 * 1024;

export interface HttpStoreOptions {
  readonly runId: string;
  /** The run's rows, `{run}` filled in. */
  readonly url: string;
  readonly token: string | null;
  /** Name of the variable the token came from, for messages. */
  readonly tokenFrom: string | null;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutUs?: number | undefined;
  /** How the address is reached: what is trusted, what is resolved, its `Host`. Default: nothing special. */
  readonly network?: Network | undefined;
}

export class HttpStore implements Store {
  readonly #options: HttpStoreOptions;
  readonly #timeoutUs: number;
  /** Our own timer ends a call; undici's would be up to a second late. */
  readonly #agent: Agent;
  #calls = 0;
  #lastTotal: number | null = null;

  constructor(options: HttpStoreOptions) {
    this.#options = options;
    this.#timeoutUs = options.timeoutUs ?? callTimeoutUs;
    const connect = agentConnect(new URL(options.url).origin, options.network ?? plainNetwork);
    this.#agent = new Agent({ connect, connections: 1, pipelining: 1, maxResponseSize: largestReplyBytes });
  }

  async look(): Promise<SyntheticReply["state"]> {
    const { state } = await this.#call("GET", null);
    this.#lastTotal = totalRows(state.rows);
    return state;
  }

  /**
   * What went away is the larger of the target's own count and the fall since the last reply: the fall includes a batch whose
   * reply was lost, the count includes rows that landed in between.
   */
  async remove(limit: number): Promise<Removal> {
    const before = this.#lastTotal;
    const { state, deleted } = await this.#call("DELETE", limit);
    this.#lastTotal = totalRows(state.rows);
    return { deleted: Math.max(deleted ?? 0, (before ?? 0) - this.#lastTotal), state };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #call(method: "GET" | "DELETE", limit: number | null): Promise<SyntheticReply> {
    const { runId, url, tokenFrom } = this.#options;
    const address = new URL(url);
    if (limit !== null) address.searchParams.set("limit", String(limit));
    const where = `${method} ${url}`;
    const { status, retryAfter, location, body } = await this.#exchange(method, address, where);
    if (status === 200) return parseReply(body, runId, where);
    throw refusalOf({ where, status, retryAfter, location, tokenFrom, body: redact(body) });
  }

  async #exchange(method: "GET" | "DELETE", address: URL, where: string) {
    const timeout = AbortSignal.timeout(this.#timeoutUs / 1_000);
    const signal = this.#options.signal === undefined ? timeout : AbortSignal.any([this.#options.signal, timeout]);
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
    const { runId, token, network = plainNetwork } = this.#options;
    return {
      ...ownTagHeaders(runId, "sweep", this.#calls++, version),
      accept: "application/json",
      ...(network.host === null ? {} : { host: network.host }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
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

/** Errors that no second attempt would change: a reply too large, a header that cannot be sent, bytes that are no HTTP. */
const finalErrors = [
  errors.ResponseExceededMaxSizeError,
  errors.InvalidArgumentError,
  errors.HeadersOverflowError,
  errors.HTTPParserError,
];

function brokenCall(where: string, thrown: unknown): StoreFault {
  const tooLarge = thrown instanceof errors.ResponseExceededMaxSizeError;
  // A refused connection to a name with several addresses has a code and no message.
  const said = tooLarge ? `a reply of more than ${largestReplyBytes} bytes` : redact(messageOf(thrown)) || errnoOf(thrown);
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
