/** Sends what a scenario's `undo` and `readBack` ask for: to the run's targets, on the run's own way, tagged as its sweep. */
import { SetupFetch } from "../../src/load/setup-fetch.ts";
import { encodeBody } from "../../src/load/bodies.ts";
import { errnoOf, messageOf } from "../../src/model/fault.ts";
import type { Reply, RequestShape } from "../../src/model/scenario.ts";
import { formatUs } from "../../src/model/units.ts";
import { redact } from "../../src/safety/redact.ts";
import { shapeFaults } from "../../src/scenario/request.ts";
import type { SweepClock } from "../clock.ts";
import { callTimeoutUs } from "../http/store.ts";
import { Pace } from "../pace.ts";
import { sweepAttempts, withRetries } from "../retry.ts";
import { isPassing, parseRetryAfterUs } from "../http/status.ts";
import { StoreFault, type StoreContext } from "../store.ts";
import { ownTagHeaders } from "../../src/model/tags.ts";
import { version } from "../../src/version.ts";

/** Largest reply that is read. What one write made is shorter. A guess. */
const largestReplyBytes = 1_048_576;

export interface Answer {
  readonly reply: Reply;
  /** An earlier attempt may have done already what was asked. */
  readonly repeated: boolean;
}

export class UndoRequests {
  readonly #context: StoreContext;
  readonly #clock: SweepClock;
  readonly #pace: Pace;
  readonly #way: SetupFetch;
  readonly #timeoutUs: number;
  #sent = 0;

  constructor(context: StoreContext, ratePerSec: number, clock: SweepClock) {
    this.#context = context;
    this.#clock = clock;
    this.#pace = new Pace(ratePerSec, clock);
    this.#way = new SetupFetch(context.run.plan);
    this.#timeoutUs = context.timeoutUs ?? callTimeoutUs;
  }

  /**
   * Sends a request until it is answered. Any answer is a reply but for 401 and 403, and those that pass (429, 503, ...), which are waited
   * for, all requests together, and then thrown as StoreFaults.
   */
  async send(what: string, make: () => RequestShape): Promise<Answer> {
    const shape = shapeOf(what, make);
    const { signal } = this.#context;
    let repeated = false;
    const attempt = async (): Promise<Answer> => {
      await this.#pace.turn(signal);
      try {
        return { reply: this.#judged(what, shape, await this.#exchange(what, shape)), repeated };
      } catch (thrown) {
        if (thrown instanceof Unanswered) repeated = true;
        if (thrown instanceof StoreFault && thrown.retryAfterUs !== null) this.#pace.hold(thrown.retryAfterUs);
        throw thrown;
      }
    };
    return withRetries(attempt, { attempts: sweepAttempts, clock: this.#clock, signal });
  }

  async close(): Promise<void> {
    await this.#way[Symbol.asyncDispose]();
  }

  #judged(what: string, { path, method = "GET" }: RequestShape, reply: Reply): Reply {
    const { status } = reply;
    const detail = { received: redact(reply.body).slice(0, 200) };
    if (status === 401 || status === 403) {
      const fix = "let undo and readBack send what the target wants to see, such as an authorization header";
      throw new StoreFault("usage", `${method} ${path}, the ${what}, was refused (status ${status})`, {
        detail: { ...detail, fix },
      });
    }
    if (!isPassing(status)) return reply;
    throw new StoreFault("unreachable", `${method} ${path}, the ${what}, was answered ${status}`, {
      transient: true,
      retryAfterUs: parseRetryAfterUs(reply.headers["retry-after"] ?? null, Date.now()),
      detail,
    });
  }

  async #exchange(what: string, shape: RequestShape): Promise<Reply> {
    const { run, signal: stopped } = this.#context;
    const { method = "GET", path, headers } = shape;
    const number = this.#sent++;
    const body = encodeBody(shape, run.plan.seed, number);
    const type = body?.type ?? null;
    const timeout = AbortSignal.timeout(this.#timeoutUs / 1_000);
    try {
      const origin = run.plan.targets[number % run.plan.targets.length] ?? run.plan.target;
      const reply = await this.#way.fetch(origin + path, {
        method,
        headers: {
          ...headers,
          ...ownTagHeaders(run.runId, "sweep", number, version, run.plan.tags),
          ...(type === null ? {} : { "content-type": type }),
        },
        ...(body === null ? {} : { body: Buffer.from(body.text, body.encoding) }),
        redirect: "manual",
        signal: stopped === undefined ? timeout : AbortSignal.any([stopped, timeout]),
      });
      return replyOf(reply.status, reply.headers, await textOf(reply));
    } catch (thrown) {
      const said = timeout.aborted
        ? `no answer within ${formatUs(this.#timeoutUs)}`
        : redact(messageOf(thrown)) || errnoOf(thrown);
      throw new Unanswered("unreachable", `${method} ${path}, the ${what}, failed: ${said}`, {
        transient: true,
        cause: thrown,
        detail: { fix: "check that the target is up, and run peakproof cleanup again" },
      });
    }
  }
}

/** The target may have done what was asked all the same. */
class Unanswered extends StoreFault {}

/** What a scenario's own function asks for. Throws a StoreFault where that cannot be sent. */
function shapeOf(what: string, make: () => RequestShape): RequestShape {
  let shape: RequestShape;
  try {
    shape = make();
  } catch (thrown) {
    throw new StoreFault("usage", `the ${what} could not be made: ${redact(messageOf(thrown))}`);
  }
  const faults = shapeFaults(shape);
  if (faults.length > 0) throw new StoreFault("usage", `the ${what} cannot be sent: ${redact(faults.join("; "))}`);
  return shape;
}

function replyOf(status: number, headers: Headers, body: string): Reply {
  return {
    status,
    headers: Object.fromEntries(headers),
    body,
    get json() {
      return JSON.parse(body) as unknown;
    },
  };
}

async function textOf(reply: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of reply.body ?? []) {
    bytes += chunk.length;
    if (bytes > largestReplyBytes) throw new RangeError(`a reply of more than ${largestReplyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
