/** What a scenario's author writes against: `import { defineScenario } from "peakproof"`. */
export { defineScenario, type ScenarioContext, type ScenarioMaker } from "./scenario/define.ts";
export type {
  At,
  CleanupRules,
  ConnectionRules,
  HttpCleanup,
  LoadShape,
  Operation,
  OperationKind,
  Pace,
  Reply,
  RequestShape,
  ScenarioInput,
  SyntheticUser,
  ThirdParty,
  UserSource,
} from "./model/scenario.ts";
