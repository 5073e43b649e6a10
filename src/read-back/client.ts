import { replyOf } from "../load/reply.ts";
import { RequestBuilder, type BuiltRequest } from "../load/requests.ts";
import { messageOf } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { PurposeTotals } from "../model/run.ts";
import type { Operation, ScenarioInput } from "../model/scenario.ts";
import { Exchange } from "../wire/exchange.ts";
import { openTransport, type Transport } from "../wire/transport.ts";
import { appliedBy } from "./applied.ts";
import type { SampledWrite } from "./sampled-write.ts";

/** Looks are numbered from here, far beyond the steps of any journey, so that each has a trace of its own. */
const firstNumber = 2 ** 52;
/** Connections to each target. */
const connections = 4;

export interface ReadBackClientOptions {
  readonly plan: RunPlan;
  readonly runId: string;
  readonly scenario: ScenarioInput;
  /** What the scenario's `setup` returned. */
  readonly setup: unknown;
  /** Microseconds since the run's start. */
  readonly nowUs: () => number;
  /** Told once for each operation whose `readBack` cannot be sent. */
  readonly warn: (text: string) => void;
}

/** A look on its way. */
class Look extends Exchange {
  ended: (look: Look) => void = () => undefined;
}

/** Sends what operations say in `readBack`, on the way that the load goes, tagged as `probe`. */
export class ReadBackClient {
  readonly #options: ReadBackClientOptions;
  readonly #builder: RequestBuilder;
  readonly #operations: readonly Operation[];
  readonly #transports: readonly Transport<Look>[];
  readonly #warned = new Set<number>();
  readonly #totals = { sent: 0, ok: 0 };
  #number = firstNumber;

  /** Throws Fault `usage` where the network cannot be used. */
  constructor(options: ReadBackClientOptions) {
    const { plan, runId, scenario, setup, nowUs } = options;
    this.#options = options;
    this.#builder = new RequestBuilder(scenario, { runId, plan, setup });
    this.#operations = Object.values(scenario.operations);
    const settled = (look: Look): void => look.ended(look);
    this.#transports = plan.targets.map((origin) =>
      openTransport<Look>({ origin, network: plan.connections, maxConnections: connections, now: nowUs, settled }),
    );
  }

  get totals(): PurposeTotals {
    return this.#totals;
  }

  /**
   * How often a write was applied; null: not known. Where a replay was given another id, both are looked for: two things that are there
   * are two effects.
   */
  async ask(write: SampledWrite): Promise<number | null> {
    const first = this.#build(write, write.id);
    if (first === null) return null;
    const applied = await this.#send(first, write.operation);
    const againId = write.replay?.id;
    if (applied === null || againId === undefined || againId === write.id) return applied;
    const again = this.#build(write, againId);
    // Looked for by the key, both are one and the same question.
    if (again === null || again.path === first.path) return applied;
    const more = await this.#send(again, write.operation);
    return more === null ? null : applied + more;
  }

  /** To be called each few milliseconds: gives up looks that take longer than the load's requests may. */
  expire(nowUs: number): void {
    for (const transport of this.#transports) transport.expire(nowUs);
  }

  close(): void {
    for (const transport of this.#transports) transport.close();
  }

  #build({ operation, user, key }: SampledWrite, id: string | undefined): BuiltRequest | null {
    const definition = this.#operations[operation];
    if (definition?.readBack === undefined || (id === undefined && key === undefined))
      return this.#cannot(operation, "it has neither id nor key");
    try {
      const person = this.#builder.user(user);
      const shape = definition.readBack({ ...(id === undefined ? {} : { id }), ...(key === undefined ? {} : { key }) }, person);
      return this.#builder.bytes(operation, shape, person.id, this.#number++, "probe", null);
    } catch (thrown) {
      return this.#cannot(operation, messageOf(thrown));
    }
  }

  #cannot(operation: number, why: string): null {
    if (this.#warned.has(operation)) return null;
    this.#warned.add(operation);
    const name = this.#options.plan.operations[operation]?.name ?? "?";
    this.#options.warn(`a write of "${name}" cannot be read back, and others may not either: ${why}`);
    return null;
  }

  async #send({ text, encoding, method, fresh, site }: BuiltRequest, operation: number): Promise<number | null> {
    const { plan, nowUs } = this.#options;
    const definition = this.#operations[operation];
    const transport = this.#transports[site.target];
    if (transport === undefined || definition === undefined) return null;
    const look = new Look();
    look.request = text;
    look.encoding = encoding;
    look.isHead = method === "HEAD";
    look.fresh = fresh;
    look.keepHead = look.keepBody = true;
    look.dueUs = look.dispatchedUs = nowUs();
    look.deadlineUs = look.dueUs + plan.connections.deadlineUs;
    const ended = new Promise<Look>((resolve) => (look.ended = resolve));
    transport.dispatch(look);
    await ended;
    if (look.sentUs > 0) this.#totals.sent += 1;
    if (look.error !== null) return null;
    if (look.status < 300) this.#totals.ok += 1;
    return appliedBy(definition, replyOf(look));
  }
}
