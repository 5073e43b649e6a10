/** What a scenario says so that nobody is hurt: proof of the tag, third parties, faults, limits, and whether writes are really there. */

/** Before any write step, one canary write per write operation must be seen with its tag at every one of these hops. */
export interface HandshakeRules {
  /** By name: "store", "queue", "laboratory". In the order in which a write passes them. */
  readonly hops: Readonly<Record<string, Hop>>;
  /** How long a canary may take to be seen. Default `"5s"`. */
  readonly within?: string;
}

/**
 * A place where a canary's tag must show up. `{run}` in any text is the canary's run id. `operations`: those that pass here; default
 * all writes.
 */
export type Hop = { readonly operations?: readonly string[] } & (
  | { readonly http: HttpHop }
  | { readonly postgres: { readonly url: string; readonly query: string } }
  | { readonly redis: { readonly url: string; readonly key?: string; readonly stream?: string; readonly field?: string } }
  | { readonly log: { readonly file: string; readonly pattern: string } }
  | { readonly seen: (canary: { readonly runId: string; readonly operation: string }) => Promise<boolean> }
);

/** A GET on the admin address (or anywhere that is allowed): its reply must be 200 and, by the path of names, hold a number above 0 or the run id. */
export interface HttpHop {
  /** Path on the admin address, or a whole address. */
  readonly path: string;
  readonly token?: string;
  /** Where in the JSON of the reply: `rows.store`. Default: the text of the reply must contain the run id. */
  readonly field?: string;
}

/** Whether accepted writes are there afterwards: once, and how late. Of operations that have `readBack`. */
export interface WriteRules {
  /**
   * About how many accepted writes of each operation are read back: drawn at random over the whole planned run, all of them where it has
   * fewer. Default 3,000, which finds 0.1 % of loss with 95 %.
   */
  readonly readBack?: number;
  /** How long after the reply a write may take to be seen, before it counts as lost. The run waits for it. Default `"10s"`. */
  readonly within?: string;
  /** Share of writes with an idempotency key that are sent once more on purpose, at most; all of these are read back. Default 0. */
  readonly replay?: number;
}

/** What stops a run by itself. */
export interface SafetyRules {
  /**
   * `"errors > 50% for 5s"`, `"scan p99 > 5s for 10s"`, `"lane p99 > 1s for 5s"`, `"metric queue_depth > 10000 for 3s"`, or by what
   * real users' traffic makes, `"untagged http_seconds{purpose=\"real\"} p99 > 500ms for 3s"`. Default: `"errors > 99% for 30s"`; `[]`: none.
   */
  readonly abort?: readonly string[];
  readonly ceilings?: Ceilings;
  /** Path on the admin address of a lease that keeps two people from testing at once: `PUT` takes and renews it, `DELETE` gives it back. */
  readonly lease?: string;
}

/** Lower limits than Peakproof's own, of the scenario's. */
export interface Ceilings {
  readonly ratePerSec?: number;
  readonly requests?: number;
  readonly writes?: number;
  /** Request and reply bytes of the whole run, watched while it goes on. */
  readonly bytes?: number;
  readonly duration?: string;
}

/** Faults that a Toxiproxy, or `peakproof proxy`, puts between the target and what it calls, while the load goes on. */
export interface FaultRules {
  /** Address of its REST API. */
  readonly api: string;
  readonly toxics: readonly TimedToxic[];
}

/** A toxic of Toxiproxy, and when. */
export interface TimedToxic {
  /** Name of the proxy. */
  readonly proxy: string;
  /** Since the first step's start: `"10s"`. */
  readonly at: string;
  readonly for: string;
  readonly type: string;
  /** Default `downstream`. */
  readonly stream?: "upstream" | "downstream";
  /** Share of connections, 0 to 1. Default 1. */
  readonly toxicity?: number;
  readonly attributes?: Readonly<Record<string, number>>;
}

export interface ThirdParty {
  /** Outbound calls that one request of each operation causes. */
  readonly callsPer: Readonly<Record<string, number>>;
  /** The contracted limit, calls per second. */
  readonly limitPerSec: number;
  /** Where the third party was told of the test: a ticket, a mail. A run without it does not start, unless `stubbed`. */
  readonly notice?: string;
  /** The target calls a stand-in of it (`peakproof stub`): neither the limit nor a notice holds the run back. */
  readonly stubbed?: boolean;
  /** How the calls that it really gets are counted while the run goes on: a run that goes over the limit is stopped. */
  readonly meter?: CallMeter;
}

/** Either a counter on the page of `observe.prometheus`, such as `lab_calls_total` or `http_client_requests_total{host="lab"}`, all of whose series are summed; or a proxy of `peakproof proxy`, which the calls go through. */
export type CallMeter =
  | { readonly prometheus: string; readonly proxy?: undefined }
  | { readonly proxy: string; readonly prometheus?: undefined };
