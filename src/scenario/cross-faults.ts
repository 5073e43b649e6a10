import { budgetExamples, parseBudget } from "../model/budget.ts";
import { fields, limits, operationName } from "./fields.ts";
import { unknownName, type InputFault } from "./input-fault.ts";
import { show } from "./show.ts";

type Entries = Readonly<Record<string, unknown>>;

/**
 * What no single field can tell: names that must exist elsewhere, sums, and what a scenario with writes must say. Reads whatever
 * came with care, since it runs beside the shape's own check so that all faults are listed at once.
 */
export function crossFaults(raw: unknown): InputFault[] {
  const scenario = entriesOf(raw);
  return [
    ...operationFaults(scenario),
    ...topRateFaults(entriesOf(scenario["load"])),
    ...budgetFaults(scenario),
    ...prepareFaults(scenario),
    ...callFaults(scenario),
    ...cleanupFaults(scenario),
  ];
}

function operationFaults(scenario: Entries): InputFault[] {
  const operations = entriesOf(scenario["operations"]);
  const names = Object.keys(operations);
  if (!isObject(scenario["operations"])) return [];
  const faults = names.flatMap((name) => [...nameFaults(name), ...undoFaults(name, entriesOf(operations[name]))]);
  if (names.length > limits.operations) {
    faults.push(fault("operations", `${names.length} operations`, `at most ${limits.operations}`, "fewer, or several scenarios"));
  }
  if (!names.some((name) => Number(entriesOf(operations[name])["weight"]) > 0)) {
    const received = names.length === 0 ? "no operation" : "no operation with a weight above 0";
    faults.push(fault("operations", received, "at least one with a weight above 0", "weight: 1"));
  }
  return faults;
}

function nameFaults(name: string): InputFault[] {
  if (operationName.test(name)) return [];
  const expected = 'a letter, then up to 31 letters, digits, "-" or "_"';
  return [fault("operations", `an operation named ${show(name)}`, expected, 'a name such as "scan"')];
}

function undoFaults(name: string, operation: Entries): InputFault[] {
  if (operation["undo"] === undefined || operation["created"] !== undefined) return [];
  const expected = "created as well, since undo is given the id that created finds";
  return [fault(`operations.${name}.undo`, "undo without created", expected, "created: (reply) => reply.json.id")];
}

function topRateFaults(load: Entries): InputFault[] {
  const rate = entriesOf(load["peak"])["ratePerSec"];
  const multiples = load["multiples"];
  if (!fields.ratePerSec.accepts(rate) || !fields.multiples.accepts(multiples)) return [];
  const top = Number(rate) * Math.max(...(multiples as readonly number[]));
  if (top <= limits.topRatePerSec) return [];
  return [
    fault(
      "load.multiples",
      `${top} arrivals per second at the top`,
      "peak times the highest multiple at most 1,000,000",
      "a lower multiple",
    ),
  ];
}

function budgetFaults(scenario: Entries): InputFault[] {
  const budgets = scenario["budgets"];
  const names = Object.keys(entriesOf(scenario["operations"]));
  if (!Array.isArray(budgets)) return [];
  return budgets.flatMap((text: unknown, at): InputFault[] => {
    if (typeof text !== "string") return [];
    const path = `budgets.${at}`;
    const budget = parseBudget(text);
    if (budget === null) return [fault(path, show(text), "a latency or an error budget", budgetExamples)];
    if (budget.operation === null || names.includes(budget.operation)) return [];
    return [unknownName(path, budget.operation, "an operation", names)];
  });
}

function prepareFaults(scenario: Entries): InputFault[] {
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

function callFaults(scenario: Entries): InputFault[] {
  const names = Object.keys(entriesOf(scenario["operations"]));
  return Object.entries(entriesOf(scenario["thirdParties"])).flatMap(([party, rules]) =>
    Object.keys(entriesOf(entriesOf(rules)["callsPer"]))
      .filter((name) => !names.includes(name))
      .map((name) => unknownName(`thirdParties.${party}.callsPer`, name, "an operation", names)),
  );
}

function cleanupFaults(scenario: Entries): InputFault[] {
  const operations = Object.values(entriesOf(scenario["operations"]));
  const fix = 'cleanup: { http: { path: "/synthetic/{run}" } }, or cleanup: { none: "the reason" }';
  if (scenario["cleanup"] === undefined) {
    const writes = operations.some((operation) => entriesOf(operation)["kind"] === "write");
    return writes
      ? [fault("cleanup", "nothing", "how what the writes leave is removed, since there are write operations", fix)]
      : [];
  }
  if (!isObject(scenario["cleanup"])) return [];
  const { http, none } = entriesOf(scenario["cleanup"]);
  if ((http === undefined) !== (none === undefined)) return [];
  return [fault("cleanup", http === undefined ? "neither http nor none" : "both http and none", "exactly one of them", fix)];
}

function fault(path: string, received: string, expected: string, fix: string): InputFault {
  return { path, received, expected, fix };
}

function isObject(value: unknown): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value's entries, or none where it is no object. */
function entriesOf(value: unknown): Entries {
  return isObject(value) ? value : {};
}
