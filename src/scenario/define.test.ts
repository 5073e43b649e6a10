import { expect, it } from "vitest";
import { citizens } from "../../generators/index.ts";
import { defineScenario } from "../index.ts";

const rest = {
  name: "typed",
  target: "http://127.0.0.1:1",
  load: { peak: { ratePerSec: 1 }, multiples: [1], hold: "1s" },
};

/** The compiler is the judge here: `tsc` reads this file as an author's editor would. */
it("gives request the user that users makes, and at", () => {
  const scenario = defineScenario({
    ...rest,
    users: citizens({ pool: 10 }),
    operations: {
      scan: { kind: "read", weight: 1, request: (user, at) => ({ path: `/codes/${user.idNumber}/${at.index.toFixed()}` }) },
      // @ts-expect-error -- a citizen has no shoe size.
      shoe: { kind: "read", weight: 1, request: (user) => ({ path: `/shoes/${user.shoeSize}` }) },
    },
  });
  const path = scenario.operations["scan"]?.request(scenario.users.user(1, 0), {
    index: 7,
    dueMs: 0,
    random: 0,
    setup: undefined,
    carried: {},
  }).path;
  expect(path).toMatch(/^\/codes\/000000\d{11}[\dX]\/7$/);
});

it("gives the same within a function that reads variables", () => {
  const make = defineScenario(({ variables }) =>
    defineScenario({
      ...rest,
      name: variables["name"] ?? "typed",
      users: citizens({ pool: 10 }),
      operations: { scan: { kind: "read", weight: 1, request: (user) => ({ path: `/codes/${user.phone}` }) } },
    }),
  );
  expect(make({ variables: { name: "given" } }).name).toBe("given");
});
