import { monotonicUs } from "../measure/clock.ts";
import { type Network, plainNetwork } from "../model/plan.ts";
import { Exchange } from "../wire/exchange.ts";
import { openTransport } from "../wire/transport.ts";

export interface ClosedLoopOptions {
  /** Origin: `http://host:port`. */
  readonly target: string;
  /** Default: everything as it comes. */
  readonly network?: Network;
  /** The bytes of the n-th request. */
  readonly request: (number: number) => string;
  readonly connections: number;
  readonly durationUs: number;
  readonly signal?: AbortSignal;
}

/** A request that takes longer than this makes a closed loop meaningless, microseconds. */
const deadlineUs = 5_000_000;
const tickMs = 10;

/**
 * The most that a target answers when every connection asks again as soon as it has its reply: 2xx replies per second. A first
 * look at a ceiling, no capacity: latency is not judged, and nothing is journaled, so it is for reads only.
 */
export async function closedLoop(options: ClosedLoopOptions): Promise<{ okPerSec: number; failed: number }> {
  const startUs = monotonicUs();
  const endUs = startUs + options.durationUs;
  let number = 0;
  let ok = 0;
  let failed = 0;
  const transport = openTransport({
    origin: options.target,
    network: options.network ?? plainNetwork,
    maxConnections: options.connections,
    now: monotonicUs,
    settled(exchange) {
      if (exchange.error === null && exchange.status >= 200 && exchange.status < 300) ok += 1;
      else failed += 1;
      // A target that fails at once must not be asked again at once: the next tick does.
      if (exchange.error === null) send();
    },
  });
  const send = (): void => {
    const nowUs = monotonicUs();
    if (nowUs >= endUs) return;
    const exchange = new Exchange();
    exchange.request = options.request(number++);
    exchange.dueUs = exchange.dispatchedUs = nowUs;
    exchange.deadlineUs = nowUs + deadlineUs;
    transport.dispatch(exchange);
  };
  while (monotonicUs() < endUs && options.signal?.aborted !== true) {
    transport.expire(monotonicUs());
    for (let open = transport.inFlight + transport.waiting; open < options.connections; open++) send();
    await new Promise((resolve) => setTimeout(resolve, tickMs));
  }
  const result = { okPerSec: ok / ((monotonicUs() - startUs) / 1_000_000), failed };
  transport.close();
  return result;
}
