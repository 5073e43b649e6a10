/** Judges, while a run goes on, the calls that a third party really gets: against what was agreed, and against what was declared. Pure. */
import type { ThirdPartyCalls } from "../model/run.ts";
import type { ThirdParty } from "../model/safety-rules.ts";
import { countOf, formatCount } from "../model/units.ts";

/**
 * Chance of a false alarm at one look, were calls to come at random at the rate that is allowed: 1e-9, so that a day of looks four times
 * a second over all spans stays below one in a hundred.
 */
const falseAlarm = 1e-9;
/** Spans over which the rate is held against the limit: a second, since the limit is one of a second, up to ten, for what is only a little over. */
const shortestSpanUs = 1_000_000;
const longestSpanUs = 10_000_000;
/** How late a call may come after the request that caused it, by a queue of the target's: as long as the longest span. A guess. */
const graceUs = 10_000_000;
/** Calls that must have been due before a meter that shows none is said to be blind. A guess. */
const blindAfterCalls = 20;
/** Window of the peak that is reported. */
const peakSpanUs = 2_000_000;

/** A counter of calls as it was at some instant between the two: a page that is slow to come shows what was so before. */
export interface CallReading {
  readonly askedUs: number;
  readonly atUs: number;
  /** Since the counter began; a target that was started again begins at 0 again. */
  readonly calls: number;
}

/** Requests taken up so far. */
export interface SentSoFar {
  /** No request before this instant is missing. */
  readonly untilUs: number;
  /** By operation. */
  readonly requests: Readonly<Record<string, number>>;
}

interface Sent {
  readonly untilUs: number;
  readonly isQuiet: boolean;
  /** Requests that are declared to cause calls, and the calls that they are to cause. */
  readonly requests: number;
  readonly declared: number;
}

/**
 * Whether `count` events are too many for chance where `expected` is their mean: Chernoff's bound on the upper tail of a Poisson
 * distribution, P(X >= k) <= exp(-(k ln(k/m) - k + m)) (Mitzenmacher and Upfal, Probability and Computing, theorem 5.4).
 */
export function isBeyondChance(count: number, expected: number): boolean {
  if (count <= expected) return false;
  return count * Math.log(count / Math.max(expected, Number.MIN_VALUE)) - count + expected > -Math.log(falseAlarm);
}

/** Watches the calls of one third party. Readings and requests are handed in, in the order of time. */
export class CallGuard {
  readonly #party: string;
  readonly #rules: ThirdParty;
  /** Calls since the first reading, whatever restarts there were. */
  readonly #readings: CallReading[] = [];
  readonly #sent: Sent[] = [];
  #first: CallReading | null = null;
  #lastCounter = 0;
  #peakPerSec = 0;
  /** Last reading of the time in which nothing was sent: what came until then is not ours. */
  #quiet: CallReading | null = null;

  constructor(party: string, rules: ThirdParty) {
    this.#party = party;
    this.#rules = rules;
  }

  reading({ askedUs, atUs, calls }: CallReading): void {
    const before = this.#readings.at(-1)?.calls ?? 0;
    const more = this.#first === null ? 0 : calls >= this.#lastCounter ? calls - this.#lastCounter : calls;
    const reading = { askedUs, atUs, calls: before + more };
    this.#lastCounter = calls;
    this.#first ??= reading;
    this.#readings.push(reading);
    while ((this.#readings[0]?.atUs ?? atUs) < atUs - longestSpanUs - graceUs) this.#readings.shift();
    this.#peakPerSec = Math.max(this.#peakPerSec, this.#ratePerSec(reading));
  }

  sent({ untilUs, requests }: SentSoFar): void {
    if (untilUs <= (this.#sent.at(-1)?.untilUs ?? Number.NEGATIVE_INFINITY)) return;
    const each = Object.entries(this.#rules.callsPer).map(([name, calls]) => ({ calls, count: requests[name] ?? 0 }));
    this.#sent.push({
      untilUs,
      isQuiet: Object.values(requests).every((count) => count === 0),
      requests: each.reduce((sum, { calls, count }) => sum + (calls > 0 ? count : 0), 0),
      declared: each.reduce((sum, { calls, count }) => sum + calls * count, 0),
    });
    if (this.#sent.at(-1)?.isQuiet === true) this.#quiet = this.#readings.findLast(({ atUs }) => atUs <= untilUs) ?? null;
    while ((this.#sent[1]?.untilUs ?? untilUs) < untilUs - longestSpanUs - graceUs) this.#sent.shift();
  }

  /** What is wrong, in one sentence; null: nothing that chance could not explain. */
  judge(): string | null {
    return this.#judgeDeclaration() ?? (this.#rules.stubbed === true ? null : this.#judgeLimit());
  }

  /** Calls that the requests sent so far were declared to cause. */
  get declared(): number {
    return this.#sent.at(-1)?.declared ?? 0;
  }

  /** Calls that were declared ten seconds ago, as late as they may come, and none has been counted. */
  get isBlind(): boolean {
    const nowUs = this.#readings.at(-1)?.atUs ?? 0;
    const due = this.#sent.findLast(({ untilUs }) => untilUs <= nowUs - graceUs)?.declared ?? 0;
    return due >= blindAfterCalls && this.#readings.at(-1)?.calls === 0;
  }

  get totals(): ThirdPartyCalls {
    const total = this.#readings.at(-1)?.calls ?? 0;
    const requests = this.#sent.at(-1)?.requests ?? 0;
    return { total, peakPerSec: this.#peakPerSec, perDeclared: requests === 0 ? null : total / requests };
  }

  /**
   * More calls than declared. Each call that was counted belongs to a request that had been taken up by then, so calls up to an instant
   * are held against all requests up to a later one; that some come late only makes this milder. Over the last seconds alone, too, so
   * that a long time that went well does not hide what begins then.
   */
  #judgeDeclaration(): string | null {
    const sent = this.#sent.at(-1);
    const now = sent && this.#readings.findLast(({ atUs }) => atUs <= sent.untilUs);
    if (sent === undefined || now === undefined || this.#first === null) return null;
    return this.#judgeSpan(this.#first, null, now, sent) ?? this.#judgeSpan(...this.#latest(now, sent));
  }

  /** The last ten seconds of calls, and the requests of those and of the ten before, which may have caused them. */
  #latest(now: CallReading, sent: Sent): [CallReading, Sent | null, CallReading, Sent] {
    const begin = this.#readings.find(({ atUs }) => atUs >= now.atUs - longestSpanUs) ?? now;
    const before = this.#sent.findLast(({ untilUs }) => untilUs <= begin.atUs - graceUs) ?? null;
    return [begin, before, now, sent];
  }

  #judgeSpan(begin: CallReading, before: Sent | null, now: CallReading, sent: Sent): string | null {
    const calls = now.calls - begin.calls;
    const declared = sent.declared - (before?.declared ?? 0);
    const others = this.#othersPerSec() * ((now.atUs - begin.atUs) / 1_000_000);
    if (!isBeyondChance(calls, declared + others)) return null;
    return this.#declarationText(calls, sent.requests - (before?.requests ?? 0), declared);
  }

  /**
   * Calls that others cause, at most: those counted before anything was sent, and three more by the rule of three (Hanley and
   * Lippman-Hand, JAMA 1983), and three standard deviations.
   */
  #othersPerSec(): number {
    const first = this.#first;
    const quiet = this.#quiet;
    if (first === null || quiet === null || quiet.atUs <= first.atUs) return 0;
    const calls = quiet.calls - first.calls;
    return ((calls + 3 + 3 * Math.sqrt(calls)) * 1_000_000) / (quiet.atUs - first.atUs);
  }

  #declarationText(calls: number, requests: number, declared: number): string {
    const party = this.#party;
    if (requests === 0 || declared === 0)
      return `declaration wrong: ${party} got ${countOf(calls, "call")} that nothing sent is declared to cause`;
    const seen = `${party} got ${countOf(calls, "call")} by ${countOf(requests, "request")}`;
    const causes = Object.entries(this.#rules.callsPer).filter(([, each]) => each > 0);
    if (causes.length > 1) {
      const names = causes.map(([name]) => name).join(" and ");
      return `declaration wrong: ${(calls / declared).toFixed(1)} times the calls that ${names} are declared to cause (${seen})`;
    }
    const each = declared / requests;
    const where = `${formatCount(each)} ${each === 1 ? "is" : "are"} declared`;
    return `declaration wrong: ${(calls / requests).toFixed(1)} calls per ${causes[0]?.[0] ?? "request"} where ${where} (${seen})`;
  }

  #judgeLimit(): string | null {
    const now = this.#readings.at(-1);
    if (now === undefined) return null;
    const { limitPerSec } = this.#rules;
    // From when the earlier one was asked for: the calls of a longer time must not be taken for those of a shorter one.
    const begin = this.#readings.find(({ askedUs, calls }) => {
      const spanUs = now.atUs - askedUs;
      return (
        spanUs >= shortestSpanUs &&
        spanUs <= longestSpanUs &&
        isBeyondChance(now.calls - calls, (limitPerSec * spanUs) / 1_000_000)
      );
    });
    if (begin === undefined) return null;
    const calls = now.calls - begin.calls;
    const seconds = (now.atUs - begin.askedUs) / 1_000_000;
    return `over the contracted limit: ${this.#party} got ${formatCount(calls)} calls in ${seconds.toFixed(1)} s, ${formatCount(calls / seconds)}/s where ${formatCount(limitPerSec)}/s are agreed`;
  }

  #ratePerSec(now: CallReading): number {
    const begin = this.#readings.findLast(({ atUs }) => atUs <= now.atUs - peakSpanUs);
    return begin === undefined ? 0 : ((now.calls - begin.calls) * 1_000_000) / (now.atUs - begin.askedUs);
  }
}
