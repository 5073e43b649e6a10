import { parseDurationUs } from "../../model/units.ts";
import { operationName } from "../fields.ts";
import { unknownName, type InputFault } from "../input-fault.ts";
import { limits } from "../limits.ts";
import { show } from "../show.ts";
import { entriesOf, fault, isObject, type Entries } from "./entries.ts";

/** Names, counts and weights of operations, and what each one says that does not go together. */
export function operationFaults(scenario: Entries): InputFault[] {
  if (!isObject(scenario["operations"])) return [];
  const operations = scenario["operations"];
  const names = Object.keys(operations);
  const faults = names.flatMap((name) => {
    const operation = entriesOf(operations[name]);
    return [...nameFaults("operations", "an operation", name), ...undoFaults(name, operation), ...retryFaults(name, operation)];
  });
  if (names.length > limits.operations) {
    faults.push(fault("operations", `${names.length} operations`, `at most ${limits.operations}`, "fewer, or several scenarios"));
  }
  return [...faults, ...weightFaults(operations, entriesOf(scenario["journeys"]))];
}

/** A name that cannot be a histogram's tag. */
export function nameFaults(path: string, what: string, name: string): InputFault[] {
  if (operationName.test(name)) return [];
  const expected = 'a letter, then up to 31 letters, digits, "-" or "_"';
  return [fault(path, `${what} named ${show(name)}`, expected, 'a name such as "scan"')];
}

/** Something must arrive. */
function weightFaults(operations: Entries, journeys: Entries): InputFault[] {
  const arriving = [...Object.values(operations), ...Object.values(journeys)];
  if (arriving.some((one) => Number(entriesOf(one)["weight"]) > 0)) return [];
  const received = Object.keys(operations).length === 0 ? "no operation" : "no operation or journey with a weight above 0";
  return [fault("operations", received, "at least one with a weight above 0", "weight: 1")];
}

function undoFaults(name: string, operation: Entries): InputFault[] {
  if (operation["undo"] === undefined || operation["created"] !== undefined) return [];
  const expected = "created as well, since undo is given the id that created finds";
  return [fault(`operations.${name}.undo`, "undo without created", expected, "created: (reply) => reply.json.id")];
}

/** Reading writes back, where no write says how. */
export function readBackFaults(scenario: Entries): InputFault[] {
  const operations = Object.values(entriesOf(scenario["operations"])).map(entriesOf);
  if (scenario["writes"] === undefined || operations.some(({ kind, readBack }) => kind === "write" && readBack !== undefined))
    return [];
  const expected = "a write operation with readBack, the request that finds what it made";
  return [fault("writes", "no operation that can be read back", expected, "readBack: ({ id }) => ({ path: `/reports/${id}` })")];
}

function retryFaults(name: string, operation: Entries): InputFault[] {
  const { base = "100ms", max = "10s" } = entriesOf(operation["retry"]);
  const [low, high] = [base, max].map((wait) => (typeof wait === "string" ? parseDurationUs(wait) : undefined));
  if (low === undefined || high === undefined || low <= high) return [];
  return [
    fault(`operations.${name}.retry`, `base ${show(base)} and max ${show(max)}`, "max at least base", `max: ${show(base)}`),
  ];
}

/** Third-party calls of operations that are not there. */
export function callFaults(scenario: Entries): InputFault[] {
  const names = Object.keys(entriesOf(scenario["operations"]));
  return Object.entries(entriesOf(scenario["thirdParties"])).flatMap(([party, rules]) =>
    Object.keys(entriesOf(entriesOf(rules)["callsPer"]))
      .filter((name) => !names.includes(name))
      .map((name) => unknownName(`thirdParties.${party}.callsPer`, name, "an operation", names)),
  );
}
