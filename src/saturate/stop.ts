import { flatDoublings, flatGain, type SaturationStep } from "../model/saturation.ts";
import { formatShare } from "../model/units.ts";

/** Of a step's replies: with more than this share failed, more connections only break more. A guess. */
const failedMost = 0.5;
/** With more than this share refused and the rest flat, the target says no and means it. A guess. */
const rejectedMost = 0.5;
/** With fewer connections the queue is too short to tell from the lane beside it where it stands. A guess. */
const connectionsLeast = 8;

/** Why a sweep need not go on after these steps; null where it should. */
export function stopReason(steps: readonly SaturationStep[]): string | null {
  const last = steps.at(-1);
  if (last === undefined) return null;
  const { givenUp, connections } = last;
  if (givenUp > 0) return `errors took over: ${givenUp} of ${connections} connections were lost again and again, and given up`;
  const replies = last.ok + last.rejected + last.failed;
  if (replies === 0) return `nothing was answered with ${connections} connections`;
  if (last.failed > replies * failedMost) return `errors took over: ${formatShare(last.failed / replies)} failed`;
  if (!isFlat(steps)) return null;
  if (last.rejected > replies * rejectedMost) return "what is accepted is flat for two doublings, and most is refused";
  return connections >= connectionsLeast ? "flat for two doublings" : null;
}

function isFlat(steps: readonly SaturationStep[]): boolean {
  const rates = steps.slice(-flatDoublings - 1).map(({ ok, windowUs }) => ok / windowUs);
  return rates.length > flatDoublings && rates.slice(1).every((rate, at) => rate < (rates[at] ?? 0) * flatGain);
}
