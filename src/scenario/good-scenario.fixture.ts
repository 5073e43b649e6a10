/** A scenario without fault, and what becomes of it when some of its keys are replaced. */
import { describe } from "./input-fault.ts";
import { scenarioFaults } from "./validate.ts";

/** An operation that reads. */
export const scan = { kind: "read", weight: 1, request: () => ({ path: "/" }) };
/** An operation that writes, so that a scenario with it has to say how it is cleaned. */
export const report = { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/reports" }) };
/** Says what has to be said, and no more. */
export const good = {
  name: "mine",
  target: "http://127.0.0.1:8460",
  load: { peak: { ratePerSec: 200 }, multiples: [1, 2, 3], hold: "30s" },
  users: {
    name: "people",
    pool: 100,
    popularity: "uniform",
    user: (seed: number, index: number) => ({ id: `${seed}-${index}` }),
  },
  operations: { scan },
};

/** The faults of the good scenario with some of its keys replaced, a line each. */
export async function faults(changes: object): Promise<string[]> {
  return (await scenarioFaults({ ...good, ...changes })).map(describe);
}
