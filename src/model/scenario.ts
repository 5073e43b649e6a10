/**
 * What a scenario file says. This is the shape its author writes (see `defineScenario`); the rest of the product reads the
 * validated `Scenario` and the plain-data `RunPlan` made from it.
 */
import type { CleanupRules } from "./cleanup-rules.ts";
import type { FaultRules, HandshakeRules, SafetyRules, ThirdParty, WriteRules } from "./safety-rules.ts";
import type { TagHeaders } from "./tags.ts";

/** All that a request may depend on besides the user, so that any worker makes the same bytes. */
export interface At {
  /** Number of the request in the run, from 0; unique across workers. */
  readonly index: number;
  /** When it is due, milliseconds since its step's start. A journey's later requests are due after replies, so theirs are never the same twice. */
  readonly dueMs: number;
  /** A number in [0, 1) that belongs to this request alone. */
  readonly random: number;
  /** What the scenario's `setup` returned; undefined where it has none. */
  // oxlint-disable-next-line no-explicit-any -- the author of a scenario knows what its own setup returns.
  readonly setup: any;
  /** What earlier requests of the journey left for this one; empty outside a journey. */
  readonly carried: Carried;
}

/** Values carried along a journey, by name. */
// oxlint-disable-next-line no-explicit-any -- the author of a scenario knows what its own `carry` returns.
export type Carried = Readonly<Record<string, any>>;

/** Someone the load acts as. `id` goes into the tag, so it must be free of spaces, commas and control characters. */
export interface SyntheticUser {
  readonly id: string;
}

/** A population from which any member can be derived again from (seed, index) with no state. */
export interface UserSource<User extends SyntheticUser = SyntheticUser> {
  /** What the people are, for plans and reports: "citizens". */
  readonly name: string;
  /** How many there are; indexes run from 0 to pool - 1. */
  readonly pool: number;
  /** `uniform`: everyone alike; `zipf`: the first few come back most (exponent 1). */
  readonly popularity: "uniform" | "zipf";
  user(seed: number, index: number): User;
}

/** One part of a multipart body (RFC 7578). */
export interface MultipartPart {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** Makes it a file. */
  readonly filename?: string;
  /** Default: `application/octet-stream` for a file, none otherwise. */
  readonly type?: string;
}

/** One request as an operation describes it. At most one of `json`, `form`, `multipart` and `body`. */
export interface RequestShape {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and query, beginning with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>>;
  readonly multipart?: readonly MultipartPart[];
  /** Text is sent as UTF-8, bytes as they are (`fileBytes` reads them from a file once). */
  readonly body?: string | Uint8Array;
}

/** A reply as checks and `created` see it. Header names are lower case. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body parsed as JSON. Throws SyntaxError where it is none: the reply then fails its check. */
  // oxlint-disable-next-line no-explicit-any -- the author of a scenario knows the target's replies; we do not.
  readonly json: any;
}

export type OperationKind = "read" | "write";

export interface Operation<User extends SyntheticUser = SyntheticUser> {
  readonly kind: OperationKind;
  /** Share of the arrivals relative to the other operations'; 0 for one that only `prepare` uses. */
  readonly weight: number;
  request(user: User, at: At): RequestShape;
  /** Accepted statuses; default 200 to 299. Anything else is `rejected` (429, 503) or `failed`. */
  readonly expect?: { readonly status: number | readonly number[] };
  /** Named checks on the reply; a false one gives the error key `check:<name>`. They cost parsing, so only where needed. */
  readonly checks?: Readonly<Record<string, (reply: Reply) => boolean>>;
  /** The identity of what a write made, for the journal. */
  created?(reply: Reply): string | undefined;
  /** The request that removes what this write made, by its created id. */
  undo?(id: string): RequestShape;
  /** The request that reads back what this write made; see `writes`. For a write whose reply was lost only the key is known. */
  readBack?(written: Written, user: User): RequestShape;
  /** How often the write was applied, by the reply to `readBack`. Default: once for a status from 200 to 299, not at all for 404 and 410. */
  applied?(reply: Reply): number;
  /** Overrides `connections.policy` for this operation. */
  readonly connection?: "keep-alive" | "fresh";
  /** Most redirects that are followed, to the targets themselves only; default 0: a redirect is a reply like any other. */
  readonly redirects?: number;
  /** What the client does about a bad reply. Default: nothing. */
  readonly retry?: RetryPolicy;
}

/** What is known of a write that is to be looked for. At least one of the two is there. */
export interface Written {
  /** What `created` said. */
  readonly id?: string;
  /** The idempotency key that was sent. */
  readonly key?: string;
}

/** How a client tries again, so that what its retries do to a target in trouble can be tested. The deadline holds for all attempts together. */
export interface RetryPolicy {
  /** Most attempts, the first one included. */
  readonly attempts: number;
  /** Error keys that are tried again, or whole phases of them (`"connect"`, `"timeout"`). Default: `status:429`, `status:503`, `connect`, `tls`, `sent`, `timeout`. */
  readonly on?: readonly string[];
  /** Wait before the next attempt: `none`, always `base`, or `base` doubled each time up to `max`. Default `exponential`. */
  readonly backoff?: "none" | "fixed" | "exponential";
  /** Default `"100ms"`. */
  readonly base?: string;
  /** Default `"10s"`. */
  readonly max?: string;
  /** Part of each wait that is drawn at random, 0 to 1. Default 1 (full jitter). */
  readonly jitter?: number;
  /** Wait at least what the reply's `Retry-After` says. Default true. */
  readonly retryAfter?: boolean;
  /** How long one attempt may take; default: whatever is left of the deadline. */
  readonly attemptDeadline?: string;
  /** Most retries as a share of first attempts (0.1: one in ten), so that retries cannot multiply the load. Default: no budget. */
  readonly budget?: number;
}

/** One request of a journey: an operation, done after the one before it was answered well. */
export interface JourneyStep {
  /** Name of the operation; its weight (usually 0) only counts for arrivals of its own. */
  readonly operation: string;
  /** Time between the last reply and this request: `"1s"`, or `["500ms", "2s"]` for any time between. Default none. */
  readonly think?: string | readonly [string, string];
  /** Skips this step where it returns false. */
  when?(carried: Carried): boolean;
  /** What of the reply later steps need; it is added to what is carried already. */
  carry?(reply: Reply, carried: Carried): Readonly<Record<string, unknown>>;
}

/** Several requests in order by one user. It arrives like an operation; a request that does not end `ok` ends it. */
export interface Journey {
  /** Share of the arrivals relative to operations' and other journeys'. */
  readonly weight: number;
  readonly steps: readonly JourneyStep[];
  /** Keep the cookies that replies set, and send them, for the length of the journey. Default true. */
  readonly cookies?: boolean;
}

/** A part of the load: a ramp to a multiple of peak, a hold at it, or the one and then the other. */
export interface Stage {
  readonly multiple: number;
  /** How long the rate takes to get there from the stage before (from 0 for the first one), in a straight line. Default: at once. */
  readonly ramp?: string;
  /** How long it is held then. Default: not at all. */
  readonly hold?: string;
}

/** What `setup` is given. */
export interface SetupContext {
  readonly runId: string;
  readonly seed: number;
  readonly target: string;
  /** Marks a request as this run's; to be sent with everything that `setup` sends. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted by Ctrl-C and at the end of the minute; to be given to whatever `setup` waits for. */
  readonly signal: AbortSignal;
  /**
   * As the global `fetch`, but on the run's own way: by `connections` (resolve, proxy, host, tls) and `--insecure`, to the targets and to
   * `admin` only, until `setup` is done. A body is text, bytes, `URLSearchParams` or a `Blob`. The global `fetch` knows nothing of all
   * that and goes its own way, which may end at the real host where `resolve` leads the load to another.
   */
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
}

export type Pace = "poisson" | "uniform" | "burst";

export interface LoadShape {
  /** 1x: the known busiest rate, in arrivals per second over all operations. */
  readonly peak: { readonly ratePerSec: number };
  /** Steps, as multiples of peak, each held for `hold`, the target at rest in between. Either these or `stages`. */
  readonly multiples?: readonly number[];
  /** How long each multiple is held: `"30s"`. */
  readonly hold?: string;
  /** Any course of ramps and holds, one after the other without a pause. */
  readonly stages?: readonly Stage[];
  /** Load at the top rate before the first step, excluded from every figure: `"5s"`; `"0s"` for none. */
  readonly warmup?: string;
  readonly pace?: Pace;
  /** `timer` (default) wakes each millisecond; `spin` polls, which costs a whole core. */
  readonly precision?: "timer" | "spin";
}

export interface ConnectionRules {
  /** `keep-alive` reuses connections; `fresh` opens one for every request. */
  readonly policy?: "keep-alive" | "fresh";
  /** Most connections open at once, over all workers. */
  readonly max?: number;
  /** How long after its due time an unanswered request is given up: `"10s"`. */
  readonly deadline?: string;
  /** `h1` (default): our own HTTP/1.1. `h2`: HTTP/2 through undici, many requests on one connection. */
  readonly protocol?: "h1" | "h2";
  /** `http://host:port` of a proxy that everything goes through, by undici: with CONNECT, or forwarded where it is plain HTTP/1.1. */
  readonly proxy?: string;
  /** Addresses to use instead of looking names up, as curl's `--resolve`: `{ "health.example:443": "127.0.0.1" }`. */
  readonly resolve?: Readonly<Record<string, string>>;
  /** Local addresses to connect from, in turn: each has some 28,000 ports of its own. */
  readonly sourceAddresses?: readonly string[];
  /** `Host` of each request, and the server name for TLS, where they are not the target's. */
  readonly host?: string;
  readonly tls?: TlsRules;
}

/** TLS towards an `https://` target. Files are found from the scenario file; none is copied into the record. */
export interface TlsRules {
  /** True: the certificate is not verified, and the report says so. */
  readonly insecure?: boolean;
  /** Server name (SNI), where it is not that of the host. */
  readonly serverName?: string;
  /** PEM file with the authorities to trust instead of Node's. */
  readonly ca?: string;
  /** PEM files of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** The key's: `env:NAME`. */
  readonly passphrase?: string;
}

/** A scenario as its author writes it. */
export interface ScenarioInput<User extends SyntheticUser = SyntheticUser> {
  readonly name: string;
  /** Address the load goes to: `http://host:port`, `https://...`, or several of them, which share the load evenly. The lanes watch the first. */
  readonly target: string | readonly string[];
  /** Where `observe` and `cleanup` paths live, if not on the target itself. */
  readonly admin?: string;
  readonly load: LoadShape;
  readonly connections?: ConnectionRules;
  readonly users: UserSource<User>;
  /** Rows that reads need: a write operation, done once for each of the first `count` users before the load. */
  readonly prepare?: { readonly create: string; readonly count: number };
  readonly operations: Readonly<Record<string, Operation<User>>>;
  readonly journeys?: Readonly<Record<string, Journey>>;
  /**
   * Done once before the load, within a minute; what it returns is `at.setup` in every request, and is kept in no record. It must be
   * plain data that can be cloned into threads. What it writes is not journaled: only the tag in its headers finds it again.
   */
  setup?(context: SetupContext): unknown;
  /** The sentinel streams; `trivial` is a path that costs the target nothing, such as `/ping`. */
  readonly lanes?: { readonly trivial: string };
  /** What else to sample at 1 Hz: the target's Prometheus page (a path on `admin`), its process ids. */
  readonly observe?: { readonly prometheus?: string; readonly pids?: readonly number[] };
  readonly budgets?: readonly string[];
  readonly thirdParties?: Readonly<Record<string, ThirdParty>>;
  readonly faults?: FaultRules;
  /** Names of the tag's headers, where a gateway drops the usual ones. */
  readonly tags?: Partial<TagHeaders>;
  readonly handshake?: HandshakeRules;
  readonly writes?: WriteRules;
  readonly safety?: SafetyRules;
  readonly cleanup?: CleanupRules;
}
