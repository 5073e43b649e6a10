import type { SampledWrite } from "./sampled-write.ts";

/** Shortest time between two looks at one write, microseconds; and before the second look by which it is called lost. */
const lookGapUs = 100_000;
const absentAgainUs = 1_000_000;
/** Part of its age after which a write is looked for again: how late it was is then known to a third. */
const gapPerAge = 0.5;
/** Last looks without an answer after which it is not known, and the wait after the first of them, doubled each time. */
const triesMax = 6;
const retryGapUs = 200_000;
/** Last looks that must not find it. Two, since a reader behind a replica may be late by itself. */
const absencesMax = 2;

/** What one look showed. */
export interface Sight {
  /** How often the write has been applied; null: not known. */
  readonly applied: number | null;
  /** When the look began, and when its answer was there, microseconds since the run's start. */
  readonly askedUs: number;
  readonly answeredUs: number;
}

/** A chosen write and what looks have shown of it. Says when it is to be looked for next; asks no clock. */
export class WatchedWrite {
  readonly write: SampledWrite;
  /** When the first look that saw it was answered; null: none has. */
  seenUs: number | null = null;
  /** When the last look began that came before it: from then on it may have been there. */
  missedUs: number;
  /** How often it was applied, by the look that saw most. */
  applied = 0;
  /** Its last look is done. */
  isSettled = false;
  /** Its last looks did not find it, whatever looks before them saw. */
  isLost = false;
  readonly #withinUs: number;
  #tries = 0;
  #absences = 0;

  constructor(write: SampledWrite, withinUs: number) {
    this.write = write;
    this.missedUs = write.doneUs;
    this.#withinUs = withinUs;
  }

  /** When its last look may begin, once the load is over. */
  lastLookUs(loadEndUs: number): number {
    return Math.max(loadEndUs, this.write.doneUs + this.#withinUs);
  }

  /** Takes a look's result up, and says when the next one is due: null where none is for now. `loadEndUs` is null under load. */
  look(sight: Sight, loadEndUs: number | null): number | null {
    if (sight.applied === null) return this.#notKnown(sight, loadEndUs);
    this.#tries = 0;
    const isLast = loadEndUs !== null && sight.askedUs >= this.lastLookUs(loadEndUs);
    if (sight.applied > 0) return this.#present(sight, sight.applied, isLast, loadEndUs);
    return this.#absent(sight, isLast, loadEndUs);
  }

  #present(sight: Sight, applied: number, isLast: boolean, loadEndUs: number | null): number | null {
    this.seenUs ??= sight.answeredUs;
    this.applied = Math.max(this.applied, applied);
    if (isLast) return this.#settle();
    return loadEndUs === null ? null : this.lastLookUs(loadEndUs);
  }

  #absent({ askedUs }: Sight, isLast: boolean, loadEndUs: number | null): number | null {
    if (this.seenUs === null) this.missedUs = askedUs;
    if (isLast) {
      this.#absences += 1;
      if (this.#absences < absencesMax) return askedUs + absentAgainUs;
      this.isLost = true;
      return this.#settle();
    }
    const ageUs = askedUs - this.write.doneUs;
    const nextUs = askedUs + Math.max(lookGapUs, ageUs * gapPerAge);
    if (loadEndUs !== null) return Math.min(nextUs, this.lastLookUs(loadEndUs));
    return ageUs < this.#withinUs ? nextUs : null;
  }

  #notKnown({ answeredUs }: Sight, loadEndUs: number | null): number | null {
    this.#tries += 1;
    const nextUs = answeredUs + retryGapUs * 2 ** Math.min(this.#tries - 1, triesMax);
    if (this.#tries < triesMax) return nextUs;
    if (loadEndUs !== null) return this.#settle();
    this.#tries = 0;
    return null;
  }

  #settle(): null {
    this.isSettled = true;
    return null;
  }
}
