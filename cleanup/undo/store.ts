/**
 * The scenario's own `undo`, sent for every created id: for a target that can delete one by one and knows no tag. To undo what is gone
 * does no harm, so a sweep that was cut off begins anew, and nothing of its progress is kept.
 */
import type { StorePlan, StoreState, UntaggedRow } from "../../src/model/cleanup.ts";
import type { UndoCleanup } from "../../src/model/cleanup-rules.ts";
import type { ScenarioInput } from "../../src/model/scenario.ts";
import { systemClock, type SweepClock } from "../clock.ts";
import { atOnce } from "../pace.ts";
import { scenarioOf } from "../scenario-functions.ts";
import { storesOf } from "../store-settings.ts";
import { StoreFault, type Removal, type Store, type StoreContext } from "../store.ts";
import { UndoOperation, type UndoneWrite } from "./operation.ts";
import { defaultUndoRatePerSec } from "./plan.ts";
import { UndoRequests } from "./requests.ts";
import { UndoTally } from "./tally.ts";
import { unreachedOperations } from "./unreached.ts";

export { planUndo } from "./plan.ts";

/** Requests under way at once: enough for the rate at replies of some tens of milliseconds. A guess. */
const requestsAtOnce = 8;

interface Task {
  readonly operation: UndoOperation;
  readonly write: UndoneWrite;
}

/** One way through all writes. */
interface Pass {
  /** Of the operations that are not done yet, in their order: none begins before the one before it has ended. */
  readonly waiting: AsyncIterator<Task>[];
  /** Of the first of them: taken, but not done, since they failed. */
  readonly again: Task[];
  /** Of all of them. */
  left: number;
}

export class UndoStore implements Store {
  readonly #settings: UndoCleanup;
  readonly #plan: StorePlan;
  readonly #context: StoreContext;
  readonly #requests: UndoRequests;
  #operations: Promise<readonly UndoOperation[]> | null = null;
  #pass: Pass | null = null;
  /** Whether all writes were undone once: from then on a second undo tells whether they are gone. */
  #swept = false;
  #deleted = 0;
  #untold = 0;
  #refused: string | null = null;

  constructor(settings: UndoCleanup, plan: StorePlan, context: StoreContext, clock: SweepClock = systemClock) {
    this.#settings = settings;
    this.#plan = plan;
    this.#context = context;
    this.#requests = new UndoRequests(context, settings.ratePerSec ?? defaultUndoRatePerSec, clock);
  }

  /**
   * Asks for every single write, at the rate: by `readBack` where there is one; else, after a sweep, by a second `undo`, which must
   * find nothing; before it, an id of the journal counts as a row.
   */
  async look(): Promise<StoreState> {
    const operations = await this.#all();
    const tally = new UndoTally(operations);
    for (const tasks of operations.map(tasksOf)) {
      const take = () => nextOf(tasks);
      await atOnce(requestsAtOnce, take, (task) => this.#lookFor(task, tally));
    }
    await this.#countUnreached(tally);
    return tally.state(this.#notes());
  }

  /** Every operation is there and has an `undo`. */
  async guard(): Promise<void> {
    await this.#all();
  }

  async remove(limit: number): Promise<Removal> {
    const pass = (this.#pass ??= await this.#begin());
    let given = 0;
    for (let tasks = pass.waiting[0]; tasks !== undefined && given < limit; tasks = pass.waiting[0]) {
      const done = await this.#undoSome(tasks, limit - given, pass);
      if (done < limit - given) pass.waiting.shift();
      given += done;
    }
    if (pass.waiting.length === 0) {
      this.#pass = null;
      this.#swept = true;
    }
    const deleted = this.#untold;
    this.#untold = 0;
    return { deleted, remaining: pass.waiting.length === 0 ? 0 : Math.max(1, pass.left) };
  }

  /** Nobody can list them through requests that name one row each. */
  untaggedRows(): AsyncIterable<UntaggedRow> | null {
    return null;
  }

  async close(): Promise<void> {
    for (const tasks of this.#pass?.waiting ?? []) await tasks.return?.();
    await this.#requests.close();
  }

  /** They are told by the first store of this kind alone: else each of them would count them. */
  async #countUnreached(tally: UndoTally): Promise<void> {
    const { journal, run } = this.#context;
    if (this.#plan.name !== this.#plan.kind) return;
    const { operations } = await scenarioOf(this.#context);
    for (const name of unreachedOperations(storesOf(run.plan), operations)) {
      for await (const _write of journal.accepted(name)) tally.unreached(name);
      for await (const _write of journal.open(name)) tally.unreached(name);
    }
  }

  async #lookFor({ operation, write }: Task, tally: UndoTally): Promise<void> {
    // By its key, the row of the accepted attempt is found as well, for as long as it is there.
    if (write.retried && !this.#swept) return;
    if (operation.canRead(write)) {
      const { where, id } = await operation.read(write);
      if (where === "unknown" || (where === "there" && id === null)) tally.unknown(operation.name, write);
      else if (where === "there") tally.there(operation.name);
    } else if (write.id === null) {
      tally.unknown(operation.name, write);
    } else if (!this.#swept) {
      tally.there(operation.name);
    } else {
      const { result } = await operation.undo(write.id);
      if (result === "taken") tally.unknown(operation.name, write);
      if (result === "refused") tally.there(operation.name);
    }
  }

  /** At most so many of one operation; fewer only where no more are left. */
  async #undoSome(tasks: AsyncIterator<Task>, limit: number, pass: Pass): Promise<number> {
    let given = 0;
    let done = 0;
    const take = async (): Promise<Task | null> => (given++ < limit ? (pass.again.pop() ?? nextOf(tasks)) : null);
    await atOnce(requestsAtOnce, take, async (task) => {
      await this.#undo(task).catch((thrown: unknown) => {
        pass.again.push(task);
        throw thrown;
      });
      pass.left -= 1;
      done += 1;
    });
    return done;
  }

  async #undo({ operation, write }: Task): Promise<void> {
    const id = write.id ?? (operation.canRead(write) ? (await operation.read(write)).id : null);
    if (id === null) return;
    const { result, status } = await operation.undo(id);
    if (result === "refused") this.#refused ??= `the undo of "${operation.name}" for ${id} was refused (status ${status})`;
    if (result !== "taken") return;
    this.#deleted += 1;
    this.#untold += 1;
  }

  #notes(): string[] {
    const found = this.#swept && this.#deleted === 0 ? [foundNothing] : [];
    return this.#refused === null ? found : [...found, this.#refused];
  }

  async #begin(): Promise<Pass> {
    const operations = await this.#all();
    let left = 0;
    for (const operation of operations) for await (const _task of tasksOf(operation)) left += 1;
    this.#refused = null;
    return { waiting: operations.map(tasksOf), again: [], left };
  }

  #all(): Promise<readonly UndoOperation[]> {
    return (this.#operations ??= this.#open().catch((thrown: unknown) => {
      this.#operations = null;
      throw thrown;
    }));
  }

  async #open(): Promise<readonly UndoOperation[]> {
    const scenario = await scenarioOf(this.#context);
    const { journal, run } = this.#context;
    const user = (index: number) => scenario.users.user(run.plan.seed, index);
    return namesOf(this.#settings, scenario).map((name) => {
      const operation = scenario.operations[name];
      if (operation?.undo === undefined) throw withoutUndo(`"${name}"`);
      return new UndoOperation({ name, operation, requests: this.#requests, journal, user });
    });
  }
}

const foundNothing =
  "no undo found anything to remove: either all of it was removed before, or the targets are not those that hold it";

function namesOf({ operations }: UndoCleanup, scenario: ScenarioInput): readonly string[] {
  if (operations !== undefined) return operations;
  const all = Object.entries(scenario.operations).filter(([, operation]) => operation.undo !== undefined);
  if (all.length === 0) throw withoutUndo("no operation");
  return all.map(([name]) => name);
}

function withoutUndo(what: string): StoreFault {
  const is = what === "no operation" ? "no operation of the scenario has" : `the operation ${what} has no`;
  return new StoreFault("usage", `${is} undo, by which cleanup.undo works`, {
    detail: { fix: 'undo: (id) => ({ method: "DELETE", path: `/reports/${id}` })' },
  });
}

async function* tasksOf(operation: UndoOperation): AsyncGenerator<Task> {
  for await (const write of operation.writes()) yield { operation, write };
}

async function nextOf(tasks: AsyncIterator<Task>): Promise<Task | null> {
  const next = await tasks.next();
  return next.done === true ? null : next.value;
}
