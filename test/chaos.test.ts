/** A few instants of `npm run lab:chaos`: the generator is killed while the service does wrong, and cleanup leaves nothing of it. */
import { describe, expect, it } from "vitest";
import { instant } from "../lab/chaos-instant.ts";
import { Place, placeNames, whyNot } from "../lab/chaos-place.ts";

/** Of those that the seed gives, some that lie within handshake, preparation and load; a restart of the service is among them. */
const instants = { sqlite: [7, 26], direct: [7, 48], postgres: [3] } as const;
const seed = 1;
/** About how long a generator lives on two idle cores. */
const lifeMs = 7_000;

describe.each(placeNames)("a generator killed at random, over %s,", (name) => {
  const reason = whyNot(name);
  if (reason !== null) console.log(`SKIPPED: chaos over ${name}: ${reason}`);

  it.skipIf(reason !== null)("leaves nothing of its run and everything of all others", { timeout: 120_000 }, async () => {
    await using place = await Place.open(name);
    const before = await place.truth();
    for (const at of instants[name]) {
      const outcome = await instant(place, before, seed, at, lifeMs);
      console.log(`${name}: killed while ${outcome.phase}, ${outcome.deleted} rows removed`);
      expect(outcome).toMatchObject({ residue: [], changes: [], problems: [] });
    }
  });
});
