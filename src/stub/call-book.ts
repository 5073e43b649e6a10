/** Runs that are counted apart; more are one, since a header must not be able to fill our memory. */
const runsMax = 1_000;
/** The highest rate over a second is looked for in slots of a hundredth. */
const slotMs = 10;
const slots = 100;

/** What came of a call. */
export type CallOutcome = "answered" | "limited";

/** Counts of one run, or of calls without a tag. */
export interface RunCalls {
  readonly run: string;
  readonly answered: number;
  readonly limited: number;
}

/** Name for calls without a tag, and for those of more runs than are kept apart. */
export const untagged = "untagged";
export const others = "others";

/** The calls that a stand-in got: how many, how fast, and from which runs. */
export class CallBook {
  total = 0;
  /** Most calls within one second, to a hundredth. */
  highestPerSec = 0;
  readonly #runs = new Map<string, { answered: number; limited: number }>();
  readonly #slots = new Uint32Array(slots);
  #slot = 0;
  #lastSecond = 0;

  /** `nowMs` of any one clock that does not go back. */
  add(run: string | undefined, outcome: CallOutcome, nowMs: number): void {
    this.total += 1;
    this.#advance(Math.floor(nowMs / slotMs));
    this.#slots[this.#slot % slots] = (this.#slots[this.#slot % slots] ?? 0) + 1;
    this.#lastSecond += 1;
    this.highestPerSec = Math.max(this.highestPerSec, this.#lastSecond);
    this.#countsOf(run ?? untagged)[outcome] += 1;
  }

  /** Runs with most calls first. */
  get runs(): RunCalls[] {
    return [...this.#runs]
      .map(([run, { answered, limited }]) => ({ run, answered, limited }))
      .toSorted((a, b) => b.answered + b.limited - a.answered - a.limited);
  }

  #advance(slot: number): void {
    const passed = Math.min(slots, slot - this.#slot);
    for (let at = 1; at <= passed; at++) {
      const gone = (slot - passed + at) % slots;
      this.#lastSecond -= this.#slots[gone] ?? 0;
      this.#slots[gone] = 0;
    }
    this.#slot = Math.max(slot, this.#slot);
  }

  #countsOf(run: string): { answered: number; limited: number } {
    const name = this.#runs.has(run) || this.#runs.size < runsMax ? run : others;
    let counts = this.#runs.get(name);
    if (counts === undefined) this.#runs.set(name, (counts = { answered: 0, limited: 0 }));
    return counts;
  }
}
