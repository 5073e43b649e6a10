import { mix, seedOf, streams } from "../model/random.ts";
import { defaultTagHeaders, purposes, tagHeaders, type Purpose, type TagHeaders } from "../model/tags.ts";
import { version } from "../version.ts";

/**
 * The tag as header lines, cut where a user and a trace go: the text up to the first mention of the user, from there to the second
 * one, from there to the trace, and the rest.
 */
type Pieces = readonly string[];

/** Stand in for what is not known yet; no header can hold them. */
const userHole = "\u0000";
const traceHole = "\u0001";

/** Writes the tag of a run's requests (design section 6). What does not change between requests is joined once. */
export class TagLines {
  readonly #traceStem: string;
  readonly #spanSeed: number;
  readonly #pieces: Readonly<Record<Purpose, Pieces>>;

  constructor(runId: string, names: TagHeaders = defaultTagHeaders) {
    this.#traceStem = hex8(seedOf(runId)) + hex8(seedOf(`${runId}.trace`));
    this.#spanSeed = seedOf(`${runId}.span`);
    this.#pieces = Object.fromEntries(purposes.map((purpose) => [purpose, piecesOf(runId, purpose, names)])) as Record<
      Purpose,
      Pieces
    >;
  }

  /** The trace of a request: the run in its first half, the number of the request in its second. */
  traceId(index: number): string {
    return this.#traceStem + hex8(Math.floor(index / 0x1_0000_0000)) + hex8(index);
  }

  /** Header lines, each with its line break. `userId` must be printable ASCII. */
  text(userId: string, traceId: string, index: number, purpose: Purpose): string {
    const pieces = this.#pieces[purpose];
    const spanId = hex8(mix(this.#spanSeed, streams.trace, index)) + hex8(mix(this.#spanSeed, streams.spread, index));
    return `${pieces[0]}${userId}${pieces[1]}${userId}${pieces[2]}00-${traceId}-${spanId}-00${pieces[3]}`;
  }
}

function piecesOf(runId: string, purpose: Purpose, names: TagHeaders): Pieces {
  const headers = tagHeaders({ runId, userId: userHole, purpose }, traceHole, version, names);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return lines.join("").split(new RegExp(`${userHole}|${traceHole}`));
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A 32-bit word as eight hex digits; of a larger number its low word. From a table, since `toString(16)` and padding cost 0.2 us. */
export function hex8(word: number): string {
  return (
    (hexBytes[word >>> 24] ?? "") +
    (hexBytes[(word >>> 16) & 0xff] ?? "") +
    (hexBytes[(word >>> 8) & 0xff] ?? "") +
    (hexBytes[word & 0xff] ?? "")
  );
}
