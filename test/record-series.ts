/** `series.ndjson` of a simulated world, for `record-builder`. */
import { unit } from "../src/model/random.ts";
import type { SeriesPoint } from "../src/model/series.ts";
import type { Simulation } from "./record-simulation.ts";
import type { World } from "./record-world.ts";

type Counts = { -readonly [Key in keyof SeriesPoint]: SeriesPoint[Key] };
interface Second extends Counts {
  statuses: Record<string, number>;
  errors: Record<string, number>;
  responsesUs: number[];
  lagsUs: number[];
}

/** One point a second from 0 to the last step's drain. Events are counted in the second in which they happened. */
export function seriesOf(world: World, simulation: Simulation): SeriesPoint[] {
  const seconds = Math.ceil((simulation.steps.at(-1)?.drainedUs ?? 0) / 1e6) + 1;
  const points = Array.from({ length: seconds }, (_, second) => emptySecond(world, simulation, second));
  const at = (us: number): Second => points[Math.floor(us / 1e6)] ?? emptySecond(world, simulation, seconds);
  for (const request of simulation.requests) {
    at(request.dueUs).due += 1;
    at(request.dispatchedUs).dispatched += 1;
    at(request.dispatchedUs).lagsUs.push(request.dispatchedUs - request.dueUs);
    if (request.sentUs !== null) at(request.sentUs).sent += 1;
    const settled = at(request.settledUs);
    settled[request.outcome] += 1;
    if (request.outcome === "rejected" && world.retries > 0) settled.retries = (settled.retries ?? 0) + world.retries;
    if (request.key !== null) settled.errors[request.key] = (settled.errors[request.key] ?? 0) + 1;
    if (request.status === null) continue;
    settled.done += 1;
    settled.statuses[request.status] = (settled.statuses[request.status] ?? 0) + 1;
    settled.responsesUs.push(request.settledUs - request.dueUs);
  }
  return points.map(closeSecond(world));
}

/** Turns the lists of a second into percentiles, carrying the number in flight from second to second. */
function closeSecond(world: World): (second: Second) => SeriesPoint {
  let inFlight = 0;
  return ({ responsesUs, lagsUs, ...counts }) => {
    inFlight += counts.dispatched - counts.ok - counts.rejected - counts.failed;
    const [responses, lags] = [percentilesOf(responsesUs), percentilesOf(lagsUs)];
    return Object.assign(counts, {
      p50: responses(50),
      p90: responses(90),
      p99: responses(99),
      max: responses(100),
      lagP99: lags(99),
      inFlight,
      connections: Math.min(inFlight + 2, world.maxConnections),
    });
  };
}

function percentilesOf(valuesUs: readonly number[]): (percent: number) => number | null {
  const sorted = Float64Array.from(valuesUs).toSorted();
  return (percent) => {
    const value = sorted[Math.ceil((percent / 100) * sorted.length) - 1];
    return value === undefined ? null : Math.round(value);
  };
}

function emptySecond(world: World, simulation: Simulation, second: number): Second {
  const t = second * 1e6;
  const step = simulation.steps.find(({ startUs, endUs }) => t >= (startUs ?? 0) && t < (endUs ?? 0));
  const waitUs = simulation.laneWaitUs.get(second) ?? 0;
  const laneUs = (us: number): number => Math.round(us * (1 + world.noise * (2 * unit(world.seed, 20, second + us) - 1)));
  return {
    t,
    step: step?.index ?? -1,
    due: 0,
    dispatched: 0,
    sent: 0,
    done: 0,
    ok: 0,
    rejected: 0,
    failed: 0,
    inFlight: 0,
    connections: 0,
    statuses: {},
    errors: {},
    p50: null,
    p90: null,
    p99: null,
    max: null,
    lagP99: null,
    lanes: { connectUs: laneUs(150), freshUs: laneUs(500 + waitUs), keptUs: laneUs(300 + waitUs) },
    responsesUs: [],
    lagsUs: [],
  };
}
