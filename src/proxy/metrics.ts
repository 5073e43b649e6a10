/** The proxies' counts as a page for Prometheus. */
import { Counter, Gauge, Registry } from "prom-client";
import type { ForwardingProxy } from "./forwarding-proxy.ts";

/** Counter of HTTP/1.1 requests that clients sent through a proxy: what `meter: { proxy }` reads. */
export const requestsMetric = "peakproof_proxy_requests_total";
/** Counter of connections whose requests could not be counted. */
export const opaqueMetric = "peakproof_proxy_opaque_connections_total";

type Read = (proxy: ForwardingProxy) => number;

/** A registry that reads the proxies when it is asked for a page. */
export function proxyMetrics(proxies: () => readonly ForwardingProxy[]): Registry {
  const registry = new Registry();
  const counter = (name: string, help: string, read: Read): Counter<"proxy"> =>
    new Counter({
      name,
      help,
      labelNames: ["proxy"],
      registers: [registry],
      collect() {
        this.reset();
        for (const proxy of proxies()) this.inc({ proxy: proxy.name }, read(proxy));
      },
    });
  counter(requestsMetric, "HTTP/1.1 requests sent through the proxy", ({ counts }) => counts.requests);
  counter(opaqueMetric, "Connections whose requests cannot be counted: no HTTP/1.1", ({ counts }) => counts.opaqueConnections);
  counter("peakproof_proxy_connections_total", "Connections accepted", ({ counts }) => counts.connections);
  counter("peakproof_proxy_connections_dropped_total", "Connections turned away: too many", ({ counts }) => counts.dropped);
  counter("peakproof_proxy_upstream_bytes_total", "Bytes that clients sent", ({ counts }) => counts.upstreamBytes);
  counter("peakproof_proxy_downstream_bytes_total", "Bytes that upstreams sent", ({ counts }) => counts.downstreamBytes);
  // oxlint-disable-next-line no-new -- it registers itself.
  new Gauge({
    name: "peakproof_proxy_connections",
    help: "Connections open now",
    labelNames: ["proxy"],
    registers: [registry],
    collect() {
      this.reset();
      for (const proxy of proxies()) this.set({ proxy: proxy.name }, proxy.open);
    },
  });
  return registry;
}
