import { plainNetwork } from "../src/model/plan.ts";
import { Exchange } from "../src/wire/exchange.ts";
import { openTransport, type Transport, type TransportOptions } from "../src/wire/transport.ts";

/** An exchange somebody awaits. */
class Asked extends Exchange {
  settledTimes = 0;
  readonly done: Promise<this>;
  resolve: (exchange: this) => void = () => undefined;

  constructor() {
    super();
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}

export interface AskingClient {
  readonly client: Transport<Asked>;
  /** Dispatches `GET /`, or what `fields` say, and resolves with the exchange once it is settled. Deadline: 5 s. */
  ask(fields?: Partial<Exchange>): Promise<Asked>;
  now(): number;
  [Symbol.dispose](): void;
}

export const getRoot = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";

/** A client whose exchanges can be awaited. Its deadlines are driven by a real tick each millisecond unless `now` is given. */
export function askingClient(port: number, options: Partial<TransportOptions<Asked>> = {}): AskingClient {
  const now = options.now ?? ((): number => performance.now() * 1_000);
  const client = openTransport<Asked>({
    origin: `http://127.0.0.1:${port}`,
    network: plainNetwork,
    maxConnections: 100,
    settled: (exchange) => {
      exchange.settledTimes += 1;
      exchange.resolve(exchange);
    },
    ...options,
    now,
  });
  const ticks = options.now === undefined ? setInterval(() => client.expire(now()), 1) : undefined;
  return {
    client,
    now,
    ask: (fields = {}) => {
      const exchange = new Asked();
      const dispatchedUs = now();
      Object.assign(
        exchange,
        { request: getRoot, dueUs: dispatchedUs, dispatchedUs, deadlineUs: dispatchedUs + 5_000_000 },
        fields,
      );
      client.dispatch(exchange);
      return exchange.done;
    },
    [Symbol.dispose]: () => {
      clearInterval(ticks);
      client.close();
    },
  };
}
