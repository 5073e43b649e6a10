import type { FaultsPlan, HandshakePlan, HopPlan, PlannedToxic, RunPlan, SafetyPlan, WritesPlan } from "../model/plan.ts";
import type { FaultRules, HandshakeRules, Hop, SafetyRules, TimedToxic, WriteRules } from "../model/safety-rules.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { defaultTagHeaders } from "../model/tags.ts";
import { validDurationUs } from "./durations.ts";

/** How long a canary may take to be seen where a scenario does not say. A guess: a queue that is idle is far quicker. */
const defaultHandshakeWithin = "5s";
/** How long a write may take to be seen where a scenario does not say. A guess. */
const defaultWritesWithin = "10s";
/** Finds a fault of one in a thousand with 95 %: ln(0.05) / ln(0.999) = 2,994. */
const defaultReadBack = 3_000;

/** What of a plan a scenario need not have; absent where it does not. */
export function safetyParts(input: ScenarioInput): Pick<RunPlan, "tags" | "handshake" | "writes" | "safety" | "faults"> {
  const { tags, handshake, writes, safety, faults, operations } = input;
  const writing = Object.keys(operations).filter((name) => operations[name]?.kind === "write");
  return {
    ...(tags === undefined ? {} : { tags: { ...defaultTagHeaders, ...tags } }),
    ...(handshake === undefined ? {} : { handshake: handshakePlan(handshake, writing) }),
    ...(writes === undefined ? {} : { writes: writesPlan(writes) }),
    ...(safety === undefined ? {} : { safety: safetyPlan(safety) }),
    ...(faults === undefined ? {} : { faults: faultsPlan(faults) }),
  };
}

function handshakePlan({ hops, within = defaultHandshakeWithin }: HandshakeRules, writing: readonly string[]): HandshakePlan {
  const planned = Object.entries(hops).map(([name, hop]): [string, HopPlan] => [
    name,
    { kind: kindOf(hop), operations: hop.operations ?? writing },
  ]);
  return { hops: Object.fromEntries(planned), withinUs: validDurationUs(within) };
}

function kindOf(hop: Hop): HopPlan["kind"] {
  if ("http" in hop) return "http";
  if ("postgres" in hop) return "postgres";
  if ("redis" in hop) return "redis";
  return "log" in hop ? "log" : "seen";
}

function writesPlan({ readBack = defaultReadBack, within = defaultWritesWithin, replay = 0 }: WriteRules): WritesPlan {
  return { readBack, withinUs: validDurationUs(within), replay };
}

function safetyPlan({ abort, ceilings = {}, lease }: SafetyRules): SafetyPlan {
  return { ...(abort === undefined ? {} : { abort }), ceilings, lease: lease ?? null };
}

function faultsPlan({ api, toxics }: FaultRules): FaultsPlan {
  return { api: new URL(api).origin, toxics: toxics.map(plannedToxic) };
}

function plannedToxic({
  at,
  for: length,
  stream = "downstream",
  toxicity = 1,
  attributes = {},
  ...rest
}: TimedToxic): PlannedToxic {
  return { ...rest, stream, toxicity, attributes, atUs: validDurationUs(at), forUs: validDurationUs(length) };
}
