/**
 * A lease that the target's side keeps, for people on several machines: `PUT` with `{"holder", "ttlMs"}` takes and renews it, 409 with
 * `{"holder", "since"}` says that somebody else has it, `DELETE` with `{"holder"}` gives it back.
 */
import { Agent, request } from "undici";
import { Fault, messageOf } from "../model/fault.ts";
import type { Network } from "../model/plan.ts";
import { agentConnect } from "../wire/agent-connect.ts";
import { redact } from "./redact.ts";

/** How long a lease is good for without being renewed: after a crash, nobody waits for longer. A guess. */
const defaultTtlMs = 15_000;
/** Longest reply that is read. */
const replyBytesMost = 4_096;

export interface RemoteLeaseOptions {
  readonly url: string;
  /** How the admin address is reached. */
  readonly network: Network;
  /** Headers of each call: the run's tags. */
  readonly headers: Readonly<Record<string, string>>;
  readonly holder: string;
  /** Default 15 s; renewed every third of it. */
  readonly ttlMs?: number;
  /** Somebody else has it. Called once. */
  readonly lost: (fault: Fault) => void;
}

/** A lease that is held on the admin address. */
export class RemoteLease {
  readonly #options: RemoteLeaseOptions;
  readonly #ttlMs: number;
  readonly #agent: Agent;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | null = null;

  private constructor(options: RemoteLeaseOptions) {
    this.#options = options;
    this.#ttlMs = options.ttlMs ?? defaultTtlMs;
    this.#agent = new Agent({ connect: agentConnect(new URL(options.url).origin, options.network), connections: 1 });
  }

  /** Throws Fault `safety` where somebody else has it, and Fault `unreachable` where it cannot be had for another reason. */
  static async take(options: RemoteLeaseOptions): Promise<RemoteLease> {
    const lease = new RemoteLease(options);
    try {
      await lease.#put();
    } catch (thrown) {
      await lease.#agent.destroy();
      throw thrown;
    }
    const renew = (): void => {
      lease.#renewing ??= lease.#renew();
    };
    lease.#timer = setInterval(renew, lease.#ttlMs / 3).unref();
    return lease;
  }

  /** Gives it back, as far as the target still answers: it ends by itself soon enough. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    await this.#call("DELETE", { holder: this.#options.holder }).catch(() => undefined);
    await this.#agent.destroy();
  }

  async #put(): Promise<void> {
    const { status, text } = await this.#call("PUT", { holder: this.#options.holder, ttlMs: this.#ttlMs });
    if (status === 409) throw heldBy(text);
    if (status < 200 || status > 299) throw unusable(this.#options.url, `status ${status}`);
  }

  /**
   * No answer loses nothing, however long: the target may be overloaded on purpose, and while it does not answer us it gives the lease to
   * nobody else. Where it did so since, its next answer says so.
   */
  async #renew(): Promise<void> {
    try {
      await this.#put();
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.kind === "safety") {
        clearInterval(this.#timer);
        this.#options.lost(thrown);
      }
    }
    this.#renewing = null;
  }

  async #call(method: "PUT" | "DELETE", body: object): Promise<{ readonly status: number; readonly text: string }> {
    const { url, network, headers } = this.#options;
    const host = network.host === null ? {} : { host: network.host };
    try {
      const reply = await request(url, {
        method,
        dispatcher: this.#agent,
        headers: { ...headers, ...host, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(this.#ttlMs / 3),
      });
      return { status: reply.statusCode, text: (await reply.body.text()).slice(0, replyBytesMost) };
    } catch (thrown) {
      throw unusable(url, messageOf(thrown));
    }
  }
}

function heldBy(text: string): Fault {
  const { holder = "somebody else", since = "a while ago" } = parsed(text);
  return new Fault("safety", `the target is being tested already: by ${holder} since ${since}`, {
    expected: "one test of a target at a time: two at once would each measure the other",
    fix: "wait for it, or ask whoever holds the lease to end it",
  });
}

/** What the target says of the other one is shown, so it is held to be short and without secrets. */
function parsed(text: string): { readonly holder?: string; readonly since?: string } {
  try {
    const { holder, since } = JSON.parse(text) as Record<string, unknown>;
    const shown = (value: unknown): string => redact(String(value)).slice(0, 200);
    return {
      ...(holder === undefined ? {} : { holder: shown(holder) }),
      ...(since === undefined ? {} : { since: shown(since) }),
    };
  } catch {
    return {};
  }
}

function unusable(url: string, received: string): Fault {
  return new Fault("unreachable", "the lease of the target cannot be taken (safety.lease)", {
    received: `${received} from ${url}`,
    expected: "2xx, or 409 where somebody else holds it",
    fix: "check the path on the admin address; a lease on this machine is taken without it, too",
  });
}
