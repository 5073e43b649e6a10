/** What a scenario's author writes against: `import { defineScenario } from "peakproof"`. */
export { defineScenario, type ScenarioContext, type ScenarioMaker } from "./scenario/define.ts";
export type {
  At,
  Carried,
  ConnectionRules,
  Journey,
  JourneyStep,
  LoadShape,
  MultipartPart,
  Operation,
  OperationKind,
  Pace,
  Reply,
  RequestShape,
  RetryPolicy,
  ScenarioInput,
  SetupContext,
  Stage,
  SyntheticUser,
  TlsRules,
  UserSource,
} from "./model/scenario.ts";
export type {
  CleanupContext,
  CleanupRules,
  CustomCleanup,
  HttpCleanup,
  PostgresCleanup,
  RedisCleanup,
  StoreRules,
  UndoCleanup,
} from "./model/cleanup-rules.ts";
export type {
  FaultRules,
  HandshakeRules,
  Hop,
  HttpHop,
  SafetyRules,
  ThirdParty,
  TimedToxic,
  WriteRules,
} from "./model/safety-rules.ts";
