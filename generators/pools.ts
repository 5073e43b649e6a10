import { faker } from "@faker-js/faker/locale/zh_CN";

/**
 * Word pools out of Faker, made once per thread with a seed of their own: they are the same on every machine and for every run's
 * seed, so that (seed, index) alone decides who is who. Upgrading Faker may change them, and with them the names.
 */
export interface Pools {
  readonly surnames: readonly string[];
  readonly givenNames: readonly string[];
  readonly cities: readonly string[];
  readonly streets: readonly string[];
}

const fakerSeed = 20_200_208;
/** Draws per pool; what is drawn twice is kept once. The lists behind them have 100 to 600 entries. */
const drawsPerPool = 2_000;

let pools: Pools | undefined;

/** The pools; the first call costs about 20 ms. */
export function namePools(): Pools {
  pools ??= makePools();
  return pools;
}

function makePools(): Pools {
  faker.seed(fakerSeed);
  const distinct = (draw: () => string) => [...new Set(Array.from({ length: drawsPerPool }, draw))];
  return {
    surnames: distinct(() => faker.person.lastName()),
    givenNames: distinct(() => faker.person.firstName()),
    cities: distinct(() => faker.location.city()),
    streets: distinct(() => faker.location.street()),
  };
}
