import type { InputFault } from "../input-fault.ts";
import { budgetFaults } from "./budgets.ts";
import { cleanupFaults, prepareFaults } from "./rows.ts";
import { connectionFaults } from "./connections.ts";
import { entriesOf } from "./entries.ts";
import { journeyFaults } from "./journeys.ts";
import { loadFaults } from "./load.ts";
import { namedElsewhereFaults } from "./names.ts";
import { callFaults, operationFaults, readBackFaults } from "./operations.ts";

/**
 * What no single field can tell: names that must exist elsewhere, sums, what excludes or needs one another, and what a scenario with
 * writes must say. Reads whatever came with care, since it runs beside the shape's own check so that all faults are listed at once.
 */
export function crossFaults(raw: unknown): InputFault[] {
  const scenario = entriesOf(raw);
  return [
    ...operationFaults(scenario),
    ...journeyFaults(scenario),
    ...loadFaults(scenario["load"]),
    ...connectionFaults(scenario),
    ...budgetFaults(scenario),
    ...prepareFaults(scenario),
    ...callFaults(scenario),
    ...readBackFaults(scenario),
    ...cleanupFaults(scenario),
    ...namedElsewhereFaults(scenario),
  ];
}
