/** Fetches the target's metrics page. A page that does not come in time is itself a sign of trouble, so failure is a value. */
import { Agent, request, type Dispatcher } from "undici";
import { messageOf } from "../model/fault.ts";
import { plainNetwork, type Network } from "../model/plan.ts";
import { metricSignal, signals } from "../model/vitals.ts";
import { agentConnect } from "../wire/agent-connect.ts";
import { parseMetrics, type MetricSeries, type MetricsPage } from "./prometheus.ts";
import { readingsOf, type Reading } from "./reading.ts";

/** Less than the second between two samples, so that scrapes never overlap. */
const timeoutMs = 900;
/** A page of `maxSeriesRead` long lines; parsing one takes 15-50 ms (measured), an ordinary page of 20 kB well under 1 ms. */
export const maxPageBytes = 1_048_576;
/** Series written per second: a minute of them is 30,000 lines of the record. */
export const maxSeriesKept = 500;

export type Scrape = { readonly up: true; readonly page: MetricsPage } | { readonly up: false; readonly reason: string };

export class Scraper {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  /** `headers` are the run's tags; the page needs no token. Throws Fault `usage` where a file of `network.tls` cannot be read. */
  constructor(url: string, headers: Readonly<Record<string, string>>, network: Network = plainNetwork) {
    this.#url = url;
    // One kept-alive connection: a scrape must not add to the connection rate it observes.
    const connect = agentConnect(new URL(url).origin, network);
    this.#agent = new Agent({ connect, connections: 1, pipelining: 1 });
    const host = network.host === null ? {} : { host: network.host };
    this.#headers = { ...headers, ...host, accept: "text/plain;version=0.0.4" };
  }

  /** Asks once, for at most 900 ms. Never throws: redirects, other statuses, oversized pages and network errors are `up: false`. */
  async scrape(): Promise<Scrape> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const reply = await request(this.#url, { dispatcher: this.#agent, headers: this.#headers, signal });
      if (reply.statusCode !== 200) {
        await reply.body.dump({ limit: maxPageBytes, signal });
        return { up: false, reason: `the metrics page answered status ${reply.statusCode}` };
      }
      const text = await readBounded(reply.body);
      return text === null
        ? { up: false, reason: `the metrics page is longer than ${maxPageBytes} bytes` }
        : { up: true, page: parseMetrics(text) };
    } catch (error) {
      return { up: false, reason: `the metrics page did not answer: ${messageOf(error)}` };
    }
  }

  /** Ends the connection, and a scrape that is under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

async function readBounded(body: Dispatcher.ResponseData["body"]): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxPageBytes) return null; // leaving the loop destroys the body, and with it the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** `scrape.up`, and the page's series as signals of the source `app`; those of the metrics in `watched` whatever else is left out. */
export function scrapeReadings(scrape: Scrape, watched: ReadonlySet<string> = new Set()): Reading[] {
  if (!scrape.up) return readingsOf("app", { [signals.scrapeUp]: 0 });
  const kept = keep(scrape.page.series, watched).map((each) => [metricSignal(each.name, each.labels), each.value] as const);
  return readingsOf("app", { [signals.scrapeUp]: 1, ...Object.fromEntries(kept) });
}

/**
 * At most `maxSeriesKept` finite ones (JSON has no NaN). Where there are more, those that nobody watches go before those that somebody
 * does, and of them histogram buckets first, since the sums and counts beside them still give the mean; the page's order decides among
 * the rest, so that a series does not come and go.
 */
function keep(series: readonly MetricSeries[], watched: ReadonlySet<string>): MetricSeries[] {
  const finite = series.filter(({ name, value }) => Number.isFinite(value) && !name.endsWith("_created"));
  const isBucket = ({ name, labels }: MetricSeries): boolean => name.endsWith("_bucket") && labels["le"] !== undefined;
  if (finite.length <= maxSeriesKept) return finite;
  const rank = (each: MetricSeries): number => (watched.has(each.name) ? 0 : isBucket(each) ? 2 : 1);
  return finite.toSorted((a, b) => rank(a) - rank(b)).slice(0, maxSeriesKept);
}
