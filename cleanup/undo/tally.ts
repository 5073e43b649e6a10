/** What a look found of each operation's writes, and the sentences for what it could not find out. */
import type { StoreState } from "../../src/model/cleanup.ts";
import { countOf } from "../../src/model/units.ts";
import { ofUnknownOutcome } from "../store.ts";
import type { UndoneWrite } from "./operation.ts";

interface Counts {
  there: number;
  /** Outcome not known, and no way to look. */
  open: number;
  /** Accepted, and nothing to name it by. */
  withoutId: number;
  /** A second undo was answered as if there had been something, or the reading told nothing. */
  unsure: number;
}

export class UndoTally {
  readonly #counts = new Map<string, Counts>();
  /** Writes of operations that no store can find, by name. */
  readonly #unreached = new Map<string, number>();

  constructor(operations: readonly { readonly name: string }[]) {
    for (const { name } of operations) this.#counts.set(name, { there: 0, open: 0, withoutId: 0, unsure: 0 });
  }

  there(operation: string): void {
    this.#of(operation).there += 1;
  }

  /** Counts a write that cannot be found. */
  unknown(operation: string, { open, id }: UndoneWrite): void {
    const counts = this.#of(operation);
    if (id !== null) counts.unsure += 1;
    else if (open) counts.open += 1;
    else counts.withoutId += 1;
  }

  /** Counts a write of an operation that nothing can look for. */
  unreached(operation: string): void {
    this.#unreached.set(operation, (this.#unreached.get(operation) ?? 0) + 1);
  }

  /** The state of the store, with `notes` among its problems. */
  state(notes: readonly string[]): StoreState {
    const all = [...this.#counts];
    const sum = (of: (counts: Counts) => number): number => all.reduce((total, [, counts]) => total + of(counts), 0);
    const unknown = sum(({ open, unsure }) => open + unsure);
    const withoutId = sum((counts) => counts.withoutId);
    const withoutUndo = [...this.#unreached.values()].reduce((total, count) => total + count, 0);
    const unreached = [...this.#unreached].map(([name, count]) => unreachedProblem(name, count));
    const problems = [...all.flatMap(([name, counts]) => problemsOf(name, counts)), ...unreached, ...notes];
    const special = {
      ...(unknown === 0 ? {} : { [ofUnknownOutcome]: unknown }),
      ...(withoutId === 0 ? {} : { "without id": withoutId }),
      ...(withoutUndo === 0 ? {} : { "without undo": withoutUndo }),
    };
    return {
      rows: { ...Object.fromEntries(all.map(([name, { there }]) => [name, there])), ...special },
      untagged: null,
      tombstoned: null,
      ...(problems.length === 0 ? {} : { unresolved: { count: unknown + withoutId + withoutUndo, problems } }),
    };
  }

  #of(operation: string): Counts {
    const counts = this.#counts.get(operation);
    if (counts === undefined) throw new RangeError(`no operation ${operation}`);
    return counts;
  }
}

function unreachedProblem(name: string, count: number): string {
  const left = `${countOf(count, "write")} of "${name}", accepted or of unknown outcome, can neither be found nor removed`;
  return `${left}: no store takes it back by undo or finds it by the run's tag`;
}

function problemsOf(name: string, { open, withoutId, unsure }: Counts): string[] {
  const fix = "give it readBack, and an idempotency key or an id to look for";
  return [
    ...(open === 0
      ? []
      : [`the outcome of ${countOf(open, "write")} of "${name}" is not known, and cannot be looked for: ${fix}`]),
    ...(withoutId === 0
      ? []
      : [`${countOf(withoutId, "accepted write")} of "${name}" came without an id, and cannot be undone: ${fix}`]),
    ...(unsure === 0
      ? []
      : [
          `whether ${countOf(unsure, "write")} of "${name}" is gone could not be told: let undo answer 404 where nothing is, or give it readBack`,
        ]),
  ];
}
