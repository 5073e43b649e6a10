import { mix, unit } from "../src/model/random.ts";
import type { At } from "../src/model/scenario.ts";
import { draws, pickFrom } from "./draw.ts";
import { namePools } from "./pools.ts";
import { pickVenue, venueId } from "./venues.ts";

/** What a citizen declares about their health: the body of `POST /reports`. */
export interface Declaration {
  readonly citizenId: string;
  /** Degrees Celsius, one decimal. */
  readonly temperature: number;
  readonly symptoms: readonly string[];
  /** Cities of the last 14 days. */
  readonly travel: readonly string[];
  /** Met someone with a confirmed infection. */
  readonly contact: boolean;
}

/** A visit: the body of `POST /checkins`. */
export interface Checkin {
  readonly citizenId: string;
  readonly venueId: string;
}

/** All that these need to know of a request. */
export type RequestNumber = Pick<At, "index">;

/** Who declares: what a draw depends on besides the request. */
export interface Declarant {
  readonly id: string;
  readonly seed: number;
  readonly index: number;
}

const symptoms = ["发热", "干咳", "乏力", "咽痛", "鼻塞", "腹泻", "嗅觉减退"] as const;
/** Shares of a quiet week, all guesses: what matters to a service is that most declarations are short and a few are not. */
const shares = { fever: 0.02, symptom: 0.05, travel: 0.2, contact: 0.01 } as const;

/** A declaration: the same person and the same request always give the same one. */
export function declaration(who: Declarant, at: RequestNumber): Declaration {
  const own = mix(mix(who.seed, draws.declaration, who.index), draws.declaration, at.index);
  const feverish = unit(own, draws.temperature, 0) < shares.fever;
  const tenths = (feverish ? 375 : 360) + Math.floor(unit(own, draws.temperature, 1) * 15);
  return {
    citizenId: who.id,
    temperature: tenths / 10,
    symptoms: feverish || unit(own, draws.symptom, 0) < shares.symptom ? [pickFrom(symptoms, mix(own, draws.symptom, 1))] : [],
    travel: unit(own, draws.travel, 0) < shares.travel ? [pickFrom(namePools().cities, mix(own, draws.travel, 1))] : [],
    contact: unit(own, draws.declaration, 1) < shares.contact,
  };
}

/** A visit to a venue, by the request's own draw. */
export function checkin(who: Declarant, at: RequestNumber): Checkin {
  const own = mix(who.seed, draws.checkin, who.index);
  return { citizenId: who.id, venueId: venueId(pickVenue(unit(own, draws.checkin, at.index))) };
}
