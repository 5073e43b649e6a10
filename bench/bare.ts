import { Exchange } from "../src/wire/exchange.ts";
import { openTransport } from "../src/wire/transport.ts";
import type { ClosedLoop } from "./closed-loop.ts";
import { benchPath, benchTag } from "./tag-headers.ts";

/** The transport alone, with constant bytes. Returns what expires its requests. */
export function bareLoop(loop: ClosedLoop): (nowUs: number) => void {
  const transport = openTransport({
    origin: loop.origin,
    network: loop.network,
    maxConnections: loop.connections,
    now: loop.nowUs,
    settled(exchange) {
      if (loop.count(exchange.error === null && exchange.status === 200)) send(exchange);
    },
  });
  const send = (exchange: Exchange): void => {
    exchange.dispatchedUs = loop.nowUs();
    exchange.deadlineUs = exchange.dispatchedUs + loop.deadlineUs;
    transport.dispatch(exchange);
  };
  const headers = Object.entries({ host: new URL(loop.origin).host, ...benchTag }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  for (let opened = 0; opened < loop.connections; opened++) {
    const exchange = new Exchange();
    exchange.request = `GET ${benchPath} HTTP/1.1\r\n${headers.join("")}\r\n`;
    send(exchange);
  }
  return (nowUs) => transport.expire(nowUs);
}
