/** The functions of the scenario that ran, for stores that are swept by them. */
import { Fault, messageOf } from "../src/model/fault.ts";
import type { ScenarioInput } from "../src/model/scenario.ts";
import { redact } from "../src/safety/redact.ts";
import { StoreFault, type StoreContext } from "./store.ts";

/** The scenario. Throws a StoreFault where it cannot be had any more, or is another by now. */
export async function scenarioOf({ scenario }: Pick<StoreContext, "scenario">): Promise<ScenarioInput> {
  try {
    return await scenario();
  } catch (thrown) {
    if (thrown instanceof Fault) throw new StoreFault(thrown.kind, redact(thrown.message), { detail: thrown.detail });
    throw new StoreFault("usage", `the scenario that ran could not be loaded: ${redact(messageOf(thrown))}`);
  }
}
