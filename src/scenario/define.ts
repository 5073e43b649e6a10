import type { ScenarioInput, SyntheticUser } from "../model/scenario.ts";

/** What a scenario that is made by a function is given. */
export interface ScenarioContext {
  /** `--var k=v`, as texts. Read them while the scenario is made, not in `request`: a variable that nobody reads is refused. */
  readonly variables: Readonly<Partial<Record<string, string>>>;
}

/** A scenario that depends on variables. */
export type ScenarioMaker<User extends SyntheticUser = SyntheticUser> = (context: ScenarioContext) => ScenarioInput<User>;

/**
 * Types a scenario file's default export: the kind of user follows from `users`, so that `request(user, at)` is checked as it is
 * written. Returns what it is given; the checking is done by whoever loads the file.
 */
export function defineScenario<User extends SyntheticUser>(input: ScenarioInput<User>): ScenarioInput<User>;
/**
 * The same for a scenario that reads `--var k=v`: `defineScenario(({ variables }) => ({ ... }))`. TypeScript does not infer the kind
 * of user through a function; `({ variables }) => defineScenario({ ... })` inside it does.
 */
export function defineScenario<User extends SyntheticUser>(make: ScenarioMaker<User>): ScenarioMaker<User>;
export function defineScenario<User extends SyntheticUser>(
  scenario: ScenarioInput<User> | ScenarioMaker<User>,
): ScenarioInput<User> | ScenarioMaker<User> {
  return scenario;
}
