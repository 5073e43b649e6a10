import { unknownName, type InputFault } from "../input-fault.ts";
import { entriesOf, fault, isObject, type Entries } from "./entries.ts";

/** Prepared rows: made by a write, one for each user at most. */
export function prepareFaults(scenario: Entries): InputFault[] {
  const { create, count } = entriesOf(scenario["prepare"]);
  const operations = entriesOf(scenario["operations"]);
  const pool = entriesOf(scenario["users"])["pool"];
  const faults: InputFault[] = [];
  if (typeof create === "string" && entriesOf(operations[create])["kind"] !== "write") {
    const writes = Object.keys(operations).filter((name) => entriesOf(operations[name])["kind"] === "write");
    faults.push(unknownName("prepare.create", create, "a write operation", writes));
  }
  if (typeof count === "number" && typeof pool === "number" && count > pool) {
    faults.push(fault("prepare.count", String(count), `at most the pool's ${pool} users`, `count: ${pool}`));
  }
  return faults;
}

/** Who writes says how it is removed, in one way. */
export function cleanupFaults(scenario: Entries): InputFault[] {
  const operations = Object.values(entriesOf(scenario["operations"]));
  const fix = 'cleanup: { http: { path: "/synthetic/{run}" } }, or cleanup: { none: "the reason" }';
  if (scenario["cleanup"] === undefined) {
    const writes = operations.some((operation) => entriesOf(operation)["kind"] === "write");
    return writes
      ? [fault("cleanup", "nothing", "how what the writes leave is removed, since there are write operations", fix)]
      : [];
  }
  const rules = scenario["cleanup"];
  const entries = Array.isArray(rules) ? rules : [rules];
  if (!entries.every(isObject)) return [];
  const kinds = entries.flatMap((entry) => Object.keys(entry).filter((key) => entry[key] !== undefined));
  if (kinds.length === 0) return [fault("cleanup", "no store and no reason", "at least one of them", fix)];
  const both = kinds.includes("none") && kinds.length > 1;
  return both ? [fault("cleanup", "none beside a store", "either stores or the reason why there is none", fix)] : [];
}
