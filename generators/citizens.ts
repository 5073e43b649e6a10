import { Fault } from "../src/model/fault.ts";
import type { Popularity } from "../src/model/popularity.ts";
import { mix } from "../src/model/random.ts";
import type { UserSource } from "../src/model/scenario.ts";
import { checkin, declaration, type Checkin, type Declaration, type RequestNumber } from "./declarations.ts";
import { draws, permute, pickFrom } from "./draw.ts";
import { birthDateOf, identityNumber } from "./identity.ts";
import { namePools } from "./pools.ts";

export interface CitizenOptions {
  /** How many there are. */
  readonly pool: number;
  /** How often each comes back. Default `uniform`. */
  readonly popularity?: Popularity;
  /**
   * First digits of the 11-digit phone numbers. Default `100`, which no subscriber of the Chinese mainland has (mobile numbers
   * begin with 13 to 19); choose what your own gateways treat as a test number.
   */
  readonly phonePrefix?: string;
}

const phoneDigits = 11;

/**
 * A synthetic person: derived from (seed, index) alone, the same on every machine. Each field is worked out when it is read,
 * since most requests need one or two of them.
 */
export class Citizen {
  /** `c1-00000042`: seed and index, so that runs with different seeds never meet. Safe in a path and a header. */
  readonly id: string;
  readonly seed: number;
  readonly index: number;
  readonly #phonePrefix: string;

  constructor(seed: number, index: number, phonePrefix: string) {
    this.id = `c${seed}-${String(index).padStart(8, "0")}`;
    this.seed = seed;
    this.index = index;
    this.#phonePrefix = phonePrefix;
  }

  /** Surname and given name in Chinese characters; names repeat, as they do. */
  get name(): string {
    const { surnames, givenNames } = namePools();
    const surname = pickFrom(surnames, mix(this.seed, draws.surname, this.index));
    return surname + pickFrom(givenNames, mix(this.seed, draws.givenName, this.index));
  }

  /** 18 characters with a valid check digit, in region 000000, which does not exist. */
  get idNumber(): string {
    return identityNumber(this.seed, this.index);
  }

  /** `YYYY-MM-DD`, the one in the identity number. */
  get birthDate(): string {
    return birthDateOf(this.idNumber);
  }

  get phone(): string {
    const digits = phoneDigits - this.#phonePrefix.length;
    return this.#phonePrefix + String(permute(this.seed, draws.phone, 10 ** digits, this.index)).padStart(digits, "0");
  }

  /** The health declaration of this person in this request. */
  report(at: RequestNumber): Declaration {
    return declaration(this, at);
  }

  /** The venue that this person enters in this request. */
  checkin(at: RequestNumber): Checkin {
    return checkin(this, at);
  }
}

/**
 * A population of citizens. Throws a usage Fault for a phone prefix that leaves too few numbers for the pool; the pool's own
 * bounds are checked with the scenario.
 */
export function citizens(options: CitizenOptions): UserSource<Citizen> {
  const { pool, popularity = "uniform", phonePrefix = "100" } = options;
  if (!/^\d{1,10}$/.test(phonePrefix) || 10 ** (phoneDigits - phonePrefix.length) < pool) {
    throw new Fault("usage", "the phone prefix leaves too few numbers", {
      received: `phonePrefix ${JSON.stringify(phonePrefix)} for ${pool} citizens`,
      expected: `1 to 10 digits of ${phoneDigits}, with a number for everyone in the pool`,
      fix: 'phonePrefix: "100"',
    });
  }
  // Made here, so that the first request does not pay for it.
  namePools();
  return { name: "citizens", pool, popularity, user: (seed, index) => new Citizen(seed, index, phonePrefix) };
}
