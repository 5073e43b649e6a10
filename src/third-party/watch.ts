import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { ThirdPartyCalls } from "../model/run.ts";
import { CallGuard, type SentSoFar } from "./guard.ts";
import { meteredParties, MeterPages, type CallsRead, type Metered } from "./meter.ts";

/** Time between two readings: 4 Hz, so that a second of load, which a verdict takes, is seen at once. */
const readEveryMs = 250;
/** How long the calls are counted before the load: what comes then comes from others, and is not blamed on the run. */
const quietMs = 1_000;

export interface WatchOptions {
  readonly plan: RunPlan;
  /** Headers of each reading: the run's tags. */
  readonly tags: Readonly<Record<string, string>>;
  /** Microseconds since the run's start. */
  readonly nowUs: () => number;
  /** What the load has taken up so far. */
  readonly sentSoFar: () => SentSoFar;
  /** Called once, with a Fault `safety`: the load must end. */
  readonly stop: (fault: Fault) => void;
  /** What the record should say, once each. */
  readonly warn: (text: string) => void;
}

/** Watches a run's calls to third parties. */
export interface ThirdPartyWatch {
  /** Takes a last reading and ends; gives what each third party got. */
  end(): Promise<Record<string, ThirdPartyCalls>>;
}

/**
 * Begins to watch all third parties of a plan that have a meter; null where none has. Rejects with a usage Fault for a meter that is
 * none, and with a Fault `safety` for one that cannot be read: load that nobody counts is not sent.
 */
export async function watchThirdParties(options: WatchOptions): Promise<ThirdPartyWatch | null> {
  const metered = meteredParties(options.plan);
  if (metered.length === 0) return null;
  const watch = new Watch(metered, options);
  await watch.begin();
  return watch;
}

class Watch implements ThirdPartyWatch {
  readonly #options: WatchOptions;
  readonly #metered: readonly Metered[];
  readonly #pages: MeterPages;
  readonly #guards: readonly CallGuard[];
  readonly #warned = new Set<string>();
  readonly #end = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(metered: readonly Metered[], options: WatchOptions) {
    const { plan, tags } = options;
    this.#options = options;
    this.#metered = metered;
    this.#pages = new MeterPages(metered, plan, tags);
    this.#guards = metered.map(({ party }) => new CallGuard(party, partyOf(plan, party)));
  }

  async begin(): Promise<void> {
    const askedUs = this.#options.nowUs();
    const readings = await this.#pages.read();
    for (const [at, { party, url }] of this.#metered.entries()) {
      const reading = readings[at];
      if (reading === undefined || !("reason" in reading)) continue;
      await this.#pages.close();
      throw new Fault("safety", `the calls to ${party} cannot be counted, so that nothing would stop a run that goes too far`, {
        received: `${url}: ${reading.reason}`,
        expected: "a page with the counter that thirdParties.<name>.meter names",
        fix: "start what counts them (peakproof proxy, the target), or leave the meter out",
      });
    }
    this.#take(readings, askedUs, null);
    await sleep(quietMs);
    await this.#read(() => null);
    this.#watching = this.#watch();
  }

  async end(): Promise<Record<string, ThirdPartyCalls>> {
    this.#isStopped = true;
    this.#end.abort();
    await this.#watching;
    await this.#read(this.#options.sentSoFar);
    await this.#pages.close();
    return Object.fromEntries(this.#metered.map(({ party }, at) => [party, this.#guards[at]!.totals]));
  }

  async #watch(): Promise<void> {
    while (!this.#isStopped) {
      await sleep(readEveryMs, undefined, { signal: this.#end.signal }).catch(() => undefined);
      if (this.#isStopped) return;
      await this.#read(this.#options.sentSoFar);
      this.#judge();
    }
  }

  /** `sentSoFar` gives null before the load. */
  async #read(sentSoFar: () => SentSoFar | null): Promise<void> {
    const askedUs = this.#options.nowUs();
    const readings = await this.#pages.read();
    this.#take(readings, askedUs, sentSoFar());
  }

  #take(readings: readonly CallsRead[], askedUs: number, sent: SentSoFar | null): void {
    // When the reply had come: what it shows was so then or earlier.
    const atUs = this.#options.nowUs();
    for (const [at, guard] of this.#guards.entries()) {
      const reading = readings[at];
      const party = this.#metered[at]?.party ?? "";
      if (reading === undefined || "reason" in reading) {
        this.#warn(`the calls to ${party} could not be counted for a while: ${reading?.reason ?? "no reading"}`);
      } else {
        guard.reading({ askedUs, atUs, calls: reading.calls });
        if (reading.opaque > 0)
          this.#warn(`calls to ${party} went through the proxy in another protocol than HTTP/1.1, and are not counted`);
      }
      guard.sent(sent ?? { untilUs: atUs, requests: {} });
      if (guard.isBlind) this.#warn(`the meter of ${party} shows no call though many were due: does it count them?`);
    }
  }

  #judge(): void {
    const verdict = this.#guards.map((guard) => guard.judge()).find((sentence) => sentence !== null);
    if (verdict === undefined || this.#isStopped) return;
    this.#isStopped = true;
    this.#options.stop(
      new Fault("safety", verdict, {
        expected: "no more calls to third parties than thirdParties declares and their owners agreed to",
        fix: verdict.startsWith("declaration")
          ? "correct callsPer; --plan shows what the run would then come to"
          : "lower the rate, or have the target call a stand-in (peakproof stub) and write stubbed: true",
      }),
    );
  }

  #warn(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#options.warn(text);
  }
}

function partyOf({ thirdParties }: RunPlan, name: string): RunPlan["thirdParties"][string] {
  const party = thirdParties[name];
  if (party === undefined) throw new RangeError(`no third party ${name}`);
  return party;
}
