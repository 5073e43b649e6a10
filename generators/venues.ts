import { mix } from "../src/model/random.ts";
import { pickUser } from "../src/model/popularity.ts";
import { draws, pickFrom } from "./draw.ts";
import { namePools } from "./pools.ts";

/** A place with a code at its door. */
export interface Venue {
  /** `v-0042`: venues are the same for every seed, as a city's are for its people. */
  readonly id: string;
  readonly name: string;
  readonly city: string;
}

/** A mid-sized district's worth; a guess. */
export const venueCount = 5_000;
const kinds = ["地铁站", "超市", "医院", "学校", "餐厅", "写字楼", "商场", "小区", "药店", "体育馆"] as const;

/** The venue `index`, from 0 to `venueCount` - 1. */
export function venue(index: number): Venue {
  const { cities, streets } = namePools();
  const kind = kinds[index % kinds.length] ?? kinds[0];
  const street = pickFrom(streets, mix(index, draws.venueName, 0));
  return { id: venueId(index), name: `${street}${kind}`, city: pickFrom(cities, mix(index, draws.venueName, 1)) };
}

/** The venue that a draw in [0, 1) stands for: a station sees more people than a corner shop, so popularity is Zipf's. */
export function pickVenue(draw: number): number {
  return pickUser("zipf", venueCount, draw);
}

export function venueId(index: number): string {
  return `v-${String(index).padStart(4, "0")}`;
}
