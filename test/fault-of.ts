import { Fault } from "../src/model/fault.ts";

/** The `Fault` that `act` throws. Throws on what is thrown instead, and an `Error` where nothing is. */
export function faultOf(act: () => unknown): Fault {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error("expected a Fault");
}

/** The `Fault` that a promise is rejected with; as {@link faultOf} otherwise. */
export async function rejectedFault(promise: Promise<unknown>): Promise<Fault> {
  const [settled] = await Promise.allSettled([promise]);
  return faultOf(() => {
    if (settled.status === "rejected") throw settled.reason;
  });
}
