/** One operation whose writes are taken back by its own `undo`. */
import { messageOf } from "../../src/model/fault.ts";
import type { AcceptedWrite } from "../../src/model/journal.ts";
import type { Operation, Reply, SyntheticUser, Written } from "../../src/model/scenario.ts";
import { redact } from "../../src/safety/redact.ts";
import { StoreFault, type JournalAccess } from "../store.ts";
import type { UndoRequests } from "./requests.ts";

/** A write that may have left a row. */
export interface UndoneWrite extends AcceptedWrite {
  /** Its outcome is not known. */
  readonly open: boolean;
  /** An earlier attempt of an accepted one, with its key: a second row, where the target does not keep to keys. */
  readonly retried: boolean;
}

/** `unknown`: it can neither be looked for nor removed. */
export type Whereabouts = "gone" | "there" | "unknown";

export interface OperationOptions {
  readonly name: string;
  readonly operation: Operation;
  readonly requests: UndoRequests;
  readonly journal: JournalAccess;
  readonly user: (index: number) => SyntheticUser;
}

export class UndoOperation {
  readonly name: string;
  readonly #options: OperationOptions;

  constructor(options: OperationOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /**
   * Accepted writes, then those whose outcome is not known, then earlier attempts of accepted ones where they can be asked for by key;
   * read from the journal anew.
   */
  async *writes(): AsyncGenerator<UndoneWrite> {
    const { name, journal, operation } = this.#options;
    for await (const write of journal.accepted(name)) yield { ...write, open: false, retried: false };
    for await (const { u, key = null } of journal.open(name)) yield { id: null, key, user: u, open: true, retried: false };
    if (operation.readBack === undefined) return;
    for await (const { u, key = null } of journal.retried(name)) yield { id: null, key, user: u, open: true, retried: true };
  }

  /** Whether the target can be asked for a write without changing anything. */
  canRead({ id, key, user }: UndoneWrite): boolean {
    return this.#options.operation.readBack !== undefined && user !== null && (id !== null || key !== null);
  }

  /** What the target says of a write. Only where it can be read. */
  async read(write: UndoneWrite): Promise<{ readonly where: Whereabouts; readonly id: string | null }> {
    const { operation, requests, user, name } = this.#options;
    const { id, key } = write;
    const written: Written = { ...(id === null ? {} : { id }), ...(key === null ? {} : { key }) };
    const shape = () => operation.readBack?.(written, user(write.user ?? 0)) ?? { path: "" };
    const { reply } = await requests.send(`readBack of ${name}`, shape);
    const where = this.#appliedBy(reply);
    return { where, id: id ?? (where === "there" ? this.#createdBy(reply) : null) };
  }

  /**
   * Undoes an id. `taken`: this removed it; `absent`: nothing was there (404, 410), which also is what a second try of an undo whose
   * reply was lost gets told; anything else is the target's refusal.
   */
  async undo(id: string): Promise<{ readonly result: "taken" | "absent" | "refused"; readonly status: number }> {
    const { operation, requests, name } = this.#options;
    const { reply, repeated } = await requests.send(`undo of ${name}`, () => operation.undo?.(id) ?? { path: "" });
    const { status } = reply;
    if (status >= 200 && status < 300) return { result: "taken", status };
    if (isAbsent(status)) return { result: repeated ? "taken" : "absent", status };
    return { result: "refused", status };
  }

  #appliedBy(reply: Reply): Whereabouts {
    const { operation } = this.#options;
    if (operation.applied === undefined) {
      if (isAbsent(reply.status)) return "gone";
      return reply.status >= 200 && reply.status < 300 ? "there" : "unknown";
    }
    const times: unknown = this.#asked("applied", () => operation.applied?.(reply));
    if (typeof times === "number" && Number.isInteger(times) && times >= 0) return times === 0 ? "gone" : "there";
    throw new StoreFault("usage", `applied() of "${this.name}" gave no count`, {
      detail: { received: redact(String(times)).slice(0, 60), expected: "how often the write was applied: 0, 1, ..." },
    });
  }

  #createdBy(reply: Reply): string | null {
    const id: unknown = this.#asked("created", () => this.#options.operation.created?.(reply));
    return typeof id === "string" && id !== "" ? id : null;
  }

  #asked<Result>(what: string, ask: () => Result): Result {
    try {
      return ask();
    } catch (thrown) {
      const fix = `let ${what} understand replies to readBack, too`;
      throw new StoreFault("usage", `${what}() of "${this.name}" failed for a reply to readBack: ${redact(messageOf(thrown))}`, {
        detail: { fix },
      });
    }
  }
}

function isAbsent(status: number): boolean {
  return status === 404 || status === 410;
}
