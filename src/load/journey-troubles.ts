import { messageOf } from "../model/fault.ts";
import { redact } from "../safety/redact.ts";

/** Which of a journey's functions threw. */
export type JourneyFunction = "carry" | "when" | "request";

/** What one of a journey's functions threw, for people to read. */
export interface JourneyTrouble {
  readonly journey: string;
  readonly what: JourneyFunction;
  readonly text: string;
}

/** Longest error that is told, characters: some quote what they could not read. */
const charactersMax = 500;

/** Tells what journeys' functions threw, the first time of each: under load thousands may throw alike, and the error key says no more than where. */
export class JourneyTroubles {
  readonly #names: readonly string[];
  readonly #tell: (trouble: JourneyTrouble) => void;
  readonly #told = new Set<string>();

  /** `names` are those of the plan's journeys. */
  constructor(names: readonly string[], tell: (trouble: JourneyTrouble) => void) {
    this.#names = names;
    this.#tell = tell;
  }

  threw(journey: number, what: JourneyFunction, thrown: unknown): void {
    const name = this.#names[journey] ?? "?";
    const key = `${name} ${what}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#tell({ journey: name, what, text: redact(messageOf(thrown)).slice(0, charactersMax) });
  }
}
