/** What `{undo: ...}` comes to for one run. Pure. */
import type { StorePlan } from "../../src/model/cleanup.ts";
import type { UndoCleanup } from "../../src/model/cleanup-rules.ts";
import { Fault } from "../../src/model/fault.ts";
import type { RunPlan } from "../../src/model/plan.ts";

/** Requests per second where the scenario does not say: a target that has just been at its limit does them beside its own work. A guess. */
export const defaultUndoRatePerSec = 200;
/** Most that a scenario may ask for: a sweep must not be a load. A guess. */
const mostUndoRatePerSec = 10_000;

/** A batch is what a second allows. Throws a usage Fault for operations that are none of the run's writes, and a rate out of range. */
export function planUndo(settings: UndoCleanup, name: string, { operations, targets }: RunPlan): StorePlan {
  const { operations: named, ratePerSec = defaultUndoRatePerSec } = settings;
  const writes = operations.filter(({ kind }) => kind === "write").map((operation) => operation.name);
  const wrong = named?.find((operation, at) => !writes.includes(operation) || named.indexOf(operation) < at);
  if (wrong !== undefined || named?.length === 0) {
    throw new Fault("usage", "cleanup.undo.operations must name write operations of the scenario, each once", {
      received: wrong === undefined ? "none" : JSON.stringify(wrong),
      expected: writes.map((write) => JSON.stringify(write)).join(", "),
    });
  }
  if (!(ratePerSec > 0 && ratePerSec <= mostUndoRatePerSec)) {
    throw new Fault("usage", "cleanup.undo.ratePerSec is out of range", {
      received: String(ratePerSec),
      expected: `more than 0, and at most ${mostUndoRatePerSec}`,
    });
  }
  const of = named === undefined ? "each operation that has one" : named.join(", then ");
  return {
    name,
    kind: "undo",
    how: `the undo request of ${of} for each created id, at most ${ratePerSec} a second, to ${targets.join(", ")}`,
    secretFrom: null,
    batch: Math.max(1, Math.floor(ratePerSec)),
    rowsPerSec: Math.max(1, ratePerSec),
  };
}
