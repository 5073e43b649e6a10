/** Upper bounds of what a scenario may ask for, each with its reason. Where no source is named they are guesses. */
export const limits = {
  /** Arrivals per second at the top step: ten times what one machine's transport has been seen to send. */
  topRatePerSec: 1_000_000,
  /** Steps of one run; a search in finer steps is `peakproof capacity`'s. */
  steps: 50,
  multiple: 1_000,
  /** Longest hold: a soak test of a day. */
  holdUs: 24 * 3_600_000_000,
  /** Longest warm-up: nothing that we know takes longer than an hour to be warm. */
  warmupUs: 3_600_000_000,
  /** Arrivals of one run: a request's number has its arrival in the low word (load/journey-guide), with a bit to spare. */
  requests: 0x7fff_ffff,
  /** Stages of one run: each is a step or two, with histograms of its own for each operation. */
  stages: 100,
  /** People: the index in a citizen's id has eight digits. */
  pool: 100_000_000,
  /** Connections from one address to one port: what is left of 65,536 local ports. */
  connections: 60_000,
  /** Latency histograms end at 35 minutes; nobody waits ten for a reply. */
  deadlineUs: 600_000_000,
  /** Targets: more origins than this are a load balancer's business. */
  targets: 16,
  /** Addresses to connect from: with 28,000 ports each, far more than a machine has descriptors for. */
  sourceAddresses: 64,
  /** Names that are given an address: two for each target, and some to spare. */
  resolve: 64,
  /** Load threads on one machine. */
  workers: 64,
  /** Target processes that are sampled each second. */
  pids: 64,
  /** Rows that one DELETE may remove: more would lock a store for long. */
  batch: 10_000,
  /** Tables, patterns, streams or counters of one store. */
  cleanupParts: 100,
  /** Longest wait before the second look; `cleanup/bounds.ts` holds a record to the same. */
  settleUs: 300_000_000,
  /** Undo requests per second; `cleanup/undo/plan.ts` holds a record to the same. */
  undoRatePerSec: 10_000,
  /** Each is judged at each step. */
  budgets: 100,
  operations: 64,
  journeys: 32,
  /** Steps of a journey: the step's number is the high word of a request's, and each one's think time delays the end of a run. */
  journeySteps: 50,
  /** Longest think time: someone who has been away for an hour starts again. */
  thinkUs: 3_600_000_000,
  /** Redirects that are followed: a browser's own limit is 20 (Fetch standard, "HTTP-redirect fetch"). */
  redirects: 20,
  /** Attempts of one request: with all of them failing, a target gets this many times the load. */
  attempts: 10,
  nameCharacters: 80,
} as const;
