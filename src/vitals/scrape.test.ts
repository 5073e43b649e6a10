import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Registry } from "prom-client";
import { afterEach, expect, it } from "vitest";
import { plainNetwork, type Network } from "../model/plan.ts";
import { signals } from "../model/vitals.ts";
import type { MetricSeries } from "./prometheus.ts";
import { maxPageBytes, maxSeriesKept, Scraper, scrapeReadings, type Scrape } from "./scrape.ts";

const open: (Server | Scraper)[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) {
    if (each instanceof Scraper) await each.close();
    else {
      each.closeAllConnections();
      each.close();
    }
  }
});

async function scraperOf(listener: RequestListener, network?: Network): Promise<Scraper> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const scraper = new Scraper(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    { "x-synthetic-run": "r1" },
    network,
  );
  open.push(server, scraper);
  return scraper;
}

it("reads a prom-client page over one kept-alive HTTP/1.1 connection, tagged", async () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seen: IncomingMessage[] = [];
  const scraper = await scraperOf((request, response) => {
    seen.push(request);
    void registry.metrics().then((text) => response.end(text));
  });
  await scraper.scrape();
  const readings = scrapeReadings(await scraper.scrape());
  expect(readings.find(({ signal }) => signal === signals.scrapeUp)?.value).toBe(1);
  expect(readings.find(({ signal }) => signal === "metric:process_cpu_seconds_total")?.value).toBeGreaterThan(0);
  expect(readings.some(({ signal }) => signal.startsWith('metric:nodejs_heap_space_size_total_bytes{space="'))).toBe(true);
  expect(seen.map((request) => [request.httpVersion, request.headers["x-synthetic-run"]])).toEqual([
    ["1.1", "r1"],
    ["1.1", "r1"],
  ]);
  expect(new Set(seen.map((request) => request.socket.remotePort)).size).toBe(1);
});

it("asks for the page by the Host that its network says", async () => {
  const hosts: (string | undefined)[] = [];
  const listener: RequestListener = (request, response) => {
    hosts.push(request.headers.host);
    response.end();
  };
  await (await scraperOf(listener, { ...plainNetwork, host: "health.example" })).scrape();
  await (await scraperOf(listener)).scrape();
  expect(hosts).toEqual(["health.example", expect.stringMatching(/^127\.0\.0\.1:\d+$/)]);
});

const downReason = (scrape: Scrape): string => (scrape.up ? "it is up" : scrape.reason);

it("is down within a second where the page does not come", async () => {
  const scraper = await scraperOf(() => {});
  const before = performance.now();
  expect(downReason(await scraper.scrape())).toMatch(/did not answer/);
  expect(performance.now() - before).toBeLessThan(1_500);
});

it("is down where the page begins but does not end", async () => {
  const scraper = await scraperOf((_, response) => void response.write("up 1\n"));
  expect(downReason(await scraper.scrape())).toMatch(/did not answer/);
});

it("is down on another status, redirects included", async () => {
  const scraper = await scraperOf((_, response) => void response.writeHead(302, { location: "/elsewhere" }).end("moved"));
  expect(downReason(await scraper.scrape())).toMatch(/status 302/);
});

it("does not read a page without end", async () => {
  const block = "x 1\n".repeat(50_000);
  const scraper = await scraperOf((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(block));
    };
    response.on("drain", more);
    more();
  });
  expect(downReason(await scraper.scrape())).toBe(`the metrics page is longer than ${maxPageBytes} bytes`);
});

it("is down where nobody listens, and reads so", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const scraper = new Scraper(`http://127.0.0.1:${port}/metrics`, {});
  open.push(scraper);
  const scrape = await scraper.scrape();
  expect(downReason(scrape)).toMatch(/ECONNREFUSED/);
  expect(scrapeReadings(scrape)).toEqual([{ source: "app", signal: signals.scrapeUp, value: 0 }]);
});

const pageOf = (series: readonly MetricSeries[]): Scrape => ({ up: true, page: { series, malformed: 0, left: 0 } });

it("leaves out what JSON cannot hold", () => {
  const readings = scrapeReadings(pageOf([NaN, Infinity, 2].map((value, at) => ({ name: `x${at}`, labels: {}, value }))));
  expect(readings.map(({ signal }) => signal)).toEqual([signals.scrapeUp, "metric:x2"]);
});

it("gives up buckets before anything else on a page of too many series", () => {
  const buckets = Array.from({ length: maxSeriesKept }, (_, le) => ({ name: "h_bucket", labels: { le: `${le}` }, value: 1 }));
  const readings = scrapeReadings(pageOf([...buckets, { name: "h_sum", labels: {}, value: 9 }]));
  expect(readings).toHaveLength(1 + maxSeriesKept);
  expect(readings.map(({ signal }) => signal)).toContain("metric:h_sum");
});

it("keeps what somebody watches on a page of too many series, buckets too", () => {
  const series = Array.from({ length: maxSeriesKept }, (_, at) => ({ name: `x${at}`, labels: {}, value: 1 }));
  const bucket = { name: "h_bucket", labels: { le: "1" }, value: 9 };
  const readings = scrapeReadings(pageOf([...series, bucket]), new Set(["h_bucket"]));
  expect(readings).toHaveLength(1 + maxSeriesKept);
  expect(readings.map(({ signal }) => signal)).toContain('metric:h_bucket{le="1"}');
});
