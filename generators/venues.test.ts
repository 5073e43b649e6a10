import { expect, it } from "vitest";
import { pickVenue, venue, venueCount } from "./venues.ts";

it("names every venue, each with an id of its own", () => {
  const venues = Array.from({ length: venueCount }, (_, index) => venue(index));
  expect(new Set(venues.map(({ id }) => id)).size).toBe(venueCount);
  for (const { id, name, city } of venues) {
    expect(id).toMatch(/^v-\d{4}$/);
    expect(name).toMatch(/^\p{Script=Han}{3,}$/u);
    expect(city).toMatch(/^\p{Script=Han}{2,}$/u);
  }
});

it("is the same place each time it is asked for", () => {
  expect(venue(7)).toEqual(venue(7));
});

it("picks within the venues", () => {
  expect(pickVenue(0)).toBe(0);
  expect(pickVenue(1 - 2 ** -32)).toBe(venueCount - 1);
});
