import { budgetExamples, parseBudget } from "../../model/budget.ts";
import { unknownName, type InputFault } from "../input-fault.ts";
import { show } from "../show.ts";
import { entriesOf, fault, listOf, type Entries } from "./entries.ts";

/** Budgets that cannot be read, and those of operations that are not there. */
export function budgetFaults(scenario: Entries): InputFault[] {
  const operations = Object.keys(entriesOf(scenario["operations"]));
  const journeys = Object.keys(entriesOf(scenario["journeys"]));
  return listOf(scenario["budgets"]).flatMap((text, at): InputFault[] => {
    if (typeof text !== "string") return [];
    const path = `budgets.${at}`;
    const budget = parseBudget(text);
    if (budget === null) return [fault(path, show(text), "a latency or an error budget", budgetExamples)];
    if (budget.operation === null || operations.includes(budget.operation)) return [];
    if (!journeys.includes(budget.operation)) return [unknownName(path, budget.operation, "an operation", operations)];
    const expected = `an operation, since a journey is judged by its requests: ${operations.join(", ")}`;
    return [fault(path, `the journey ${show(budget.operation)}`, expected, operations[0] ?? "one first")];
  });
}
