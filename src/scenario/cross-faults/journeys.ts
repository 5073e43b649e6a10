import { parseDurationUs } from "../../model/units.ts";
import { unknownName, type InputFault } from "../input-fault.ts";
import { limits } from "../limits.ts";
import { show } from "../show.ts";
import { entriesOf, fault, listOf, type Entries } from "./entries.ts";
import { nameFaults } from "./operations.ts";

/** Names and counts of journeys, and their steps, which must name operations that are there. */
export function journeyFaults(scenario: Entries): InputFault[] {
  const journeys = entriesOf(scenario["journeys"]);
  const operations = Object.keys(entriesOf(scenario["operations"]));
  const names = Object.keys(journeys);
  const faults = names.flatMap((name) => [
    ...nameFaults("journeys", "a journey", name),
    ...clashFaults(name, operations),
    ...stepsFaults(`journeys.${name}.steps`, entriesOf(journeys[name])["steps"], operations),
  ]);
  if (names.length > limits.journeys) {
    faults.push(fault("journeys", `${names.length} journeys`, `at most ${limits.journeys}`, "fewer, or several scenarios"));
  }
  return faults;
}

function clashFaults(name: string, operations: readonly string[]): InputFault[] {
  if (!operations.includes(name)) return [];
  return [fault(`journeys.${name}`, `the name of an operation, ${show(name)}`, "a name of its own", `"${name}-journey"`)];
}

function stepsFaults(path: string, raw: unknown, operations: readonly string[]): InputFault[] {
  const steps = listOf(raw);
  const count: InputFault[] =
    Array.isArray(raw) && (steps.length === 0 || steps.length > limits.journeySteps)
      ? [fault(path, `${steps.length} steps`, `1 to ${limits.journeySteps}`, 'steps: [{ operation: "scan" }]')]
      : [];
  return [...count, ...steps.flatMap((step, at) => stepFaults(`${path}.${at}`, at, entriesOf(step), operations))];
}

function stepFaults(path: string, at: number, step: Entries, operations: readonly string[]): InputFault[] {
  const { operation, think } = step;
  const faults: InputFault[] = [];
  if (typeof operation === "string" && operation !== "" && !operations.includes(operation)) {
    faults.push(unknownName(`${path}.operation`, operation, "an operation", operations));
  }
  if (at === 0) faults.push(...firstStepFaults(path, step));
  const [low, high] = listOf(think).map((one) => (typeof one === "string" ? parseDurationUs(one) : undefined));
  if (low !== undefined && high !== undefined && low > high) {
    const [shortest, longest] = listOf(think);
    faults.push(fault(`${path}.think`, show(think), "the shortest first", `think: [${show(longest)}, ${show(shortest)}]`));
  }
  return faults;
}

/** The first request is due when the journey arrives, and nothing is carried yet. */
function firstStepFaults(path: string, step: Entries): InputFault[] {
  return ["think", "when"]
    .filter((key) => step[key] !== undefined)
    .map((key) =>
      fault(`${path}.${key}`, `${key} in the first step`, "it in later steps, since nothing comes before the first", "nothing"),
    );
}
