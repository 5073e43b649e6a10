/**
 * What a scenario file says. This is the shape its author writes (see `defineScenario`); the rest of the product reads the
 * validated `Scenario` and the plain-data `RunPlan` made from it.
 */

/** All that a request may depend on besides the user, so that any worker makes the same bytes. */
export interface At {
  /** Number of the request in the run, from 0; unique across workers. */
  readonly index: number;
  /** When it is due, milliseconds since its step's start. */
  readonly dueMs: number;
  /** A number in [0, 1) that belongs to this request alone. */
  readonly random: number;
}

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

/** One request as an operation describes it. At most one of `json` and `body`. */
export interface RequestShape {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and query, beginning with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string;
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
}

export type Pace = "poisson" | "uniform" | "burst";

export interface LoadShape {
  /** 1x: the known busiest rate, in arrivals per second over all operations. */
  readonly peak: { readonly ratePerSec: number };
  /** Steps, as multiples of peak, held one after the other. */
  readonly multiples: readonly number[];
  /** How long each step is held: `"30s"`. */
  readonly hold: string;
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
}

export interface ThirdParty {
  /** Outbound calls that one request of each operation causes. */
  readonly callsPer: Readonly<Record<string, number>>;
  /** The contracted limit, calls per second. */
  readonly limitPerSec: number;
  /** Where the third party was told of the test: a ticket, a mail. */
  readonly notice: string;
}

/** Where synthetic rows are found and removed, or why nothing needs to be. Tokens are named (`env:NAME`), never written out. */
export type CleanupRules =
  | { readonly http: HttpCleanup; readonly none?: undefined }
  | { readonly none: string; readonly http?: undefined };

export interface HttpCleanup {
  /** Path on the admin address; `{run}` is replaced by the run id. */
  readonly path: string;
  /** `env:NAME`, or `env:NAME:-fallback` for a value that is no secret (a loopback default). */
  readonly token?: string;
  /** Most rows that one DELETE may remove. Default 500: small enough not to lock a store for long. */
  readonly batch?: number;
  /** Wait before the second look: a 202 may land late. Default `"1s"`. */
  readonly settle?: string;
}

/** A scenario as its author writes it. */
export interface ScenarioInput<User extends SyntheticUser = SyntheticUser> {
  readonly name: string;
  /** Address the load goes to: `http://host:port`. */
  readonly target: string;
  /** Where `observe` and `cleanup` paths live, if not on the target itself. */
  readonly admin?: string;
  readonly load: LoadShape;
  readonly connections?: ConnectionRules;
  readonly users: UserSource<User>;
  /** Rows that reads need: a write operation, done once for each of the first `count` users before the load. */
  readonly prepare?: { readonly create: string; readonly count: number };
  readonly operations: Readonly<Record<string, Operation<User>>>;
  /** The sentinel streams; `trivial` is a path that costs the target nothing, such as `/ping`. */
  readonly lanes?: { readonly trivial: string };
  /** What else to sample at 1 Hz: the target's Prometheus page (a path on `admin`), its process ids. */
  readonly observe?: { readonly prometheus?: string; readonly pids?: readonly number[] };
  readonly budgets?: readonly string[];
  readonly thirdParties?: Readonly<Record<string, ThirdParty>>;
  readonly cleanup?: CleanupRules;
}
