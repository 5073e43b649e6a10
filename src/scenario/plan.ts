import { Fault } from "../model/fault.ts";
import type { OperationPlan, RunPlan, StepPlan } from "../model/plan.ts";
import type { Pace, ScenarioInput } from "../model/scenario.ts";
import { parseDurationUs } from "../model/units.ts";
import { fields, limits, type Field } from "./fields.ts";
import { describe, fieldFault } from "./input-fault.ts";
import type { Scenario } from "./load.ts";

/** What a command line changes about a scenario: flags win. */
export interface PlanOverrides {
  readonly target?: string;
  readonly admin?: string;
  readonly peakRatePerSec?: number;
  readonly multiples?: readonly number[];
  readonly holdUs?: number;
  readonly warmupUs?: number;
  /** 32-bit unsigned. */
  readonly seed?: number;
  readonly workers?: number;
  readonly pids?: readonly number[];
  readonly pace?: Pace;
  readonly variables?: Readonly<Record<string, string>>;
}

const flags: Readonly<Record<Exclude<keyof PlanOverrides, "variables">, readonly [flag: string, field: Field, example: string]>> =
  {
    target: ["--target", fields.target, "http://127.0.0.1:8460"],
    admin: ["--admin", fields.admin, "http://127.0.0.1:8461"],
    peakRatePerSec: ["--peak", fields.ratePerSec, "200"],
    multiples: ["--multiples", fields.multiples, "1,2,3,5"],
    holdUs: ["--hold", fields.holdUs, "30s"],
    warmupUs: ["--warmup", fields.warmupUs, "5s"],
    seed: ["--seed", fields.seed, "1"],
    workers: ["--workers", fields.workers, "1"],
    pids: ["--pid", fields.pids, "1234"],
    pace: ["--pace", fields.pace, "poisson"],
  };

const defaults = { warmup: "5s", maxConnections: 2_000, deadline: "10s" } as const;

/**
 * The run that a scenario and a command line ask for, as plain data. Throws a usage Fault with every flag that cannot be used, or
 * where the two together ask for more than one run may send.
 */
export function makePlan(scenario: Scenario, overrides: PlanOverrides = {}): RunPlan {
  refuseBadFlags(overrides);
  const { input } = scenario;
  const { load, connections } = input;
  const peakRatePerSec = overrides.peakRatePerSec ?? load.peak.ratePerSec;
  const steps = stepsOf(input, peakRatePerSec, overrides);
  refuseTooMuch(steps);
  const target = overrides.target ?? input.target;
  return {
    scenario: { name: input.name, path: scenario.path, hash: scenario.hash },
    target: originOf(target),
    admin: originOf(overrides.admin ?? input.admin ?? target),
    seed: overrides.seed ?? 1,
    peakRatePerSec,
    pace: overrides.pace ?? load.pace ?? "poisson",
    precision: load.precision ?? "timer",
    workers: overrides.workers ?? 1,
    steps,
    connections: {
      policy: connections?.policy ?? "keep-alive",
      max: connections?.max ?? defaults.maxConnections,
      deadlineUs: durationUs(connections?.deadline ?? defaults.deadline),
    },
    operations: Object.entries(input.operations).map(([name, { kind, weight }]): OperationPlan => ({ name, kind, weight })),
    users: { name: input.users.name, pool: input.users.pool, popularity: input.users.popularity },
    prepare: input.prepare ?? null,
    lanes: input.lanes ?? null,
    observe: { prometheus: input.observe?.prometheus ?? null, pids: overrides.pids ?? input.observe?.pids ?? [] },
    budgets: input.budgets ?? [],
    thirdParties: input.thirdParties ?? {},
    cleanup: input.cleanup ?? null,
    variables: overrides.variables ?? {},
  };
}

/** Warm-up at the top rate, each multiple in ascending order, and the lowest once more where there are several. */
function stepsOf(input: ScenarioInput, peakRatePerSec: number, overrides: PlanOverrides): StepPlan[] {
  const holdUs = overrides.holdUs ?? durationUs(input.load.hold);
  const warmupUs = overrides.warmupUs ?? durationUs(input.load.warmup ?? defaults.warmup);
  const multiples = (overrides.multiples ?? input.load.multiples).toSorted((a, b) => a - b);
  const lowest = multiples[0] ?? 1;
  const top = multiples.at(-1) ?? 1;
  const parts: Pick<StepPlan, "role" | "multiple" | "holdUs">[] = [
    ...(warmupUs > 0 ? [{ role: "warmup" as const, multiple: top, holdUs: warmupUs }] : []),
    ...multiples.map((multiple) => ({ role: "step" as const, multiple, holdUs })),
    ...(multiples.length > 1 ? [{ role: "repeat" as const, multiple: lowest, holdUs }] : []),
  ];
  return parts.map(({ role, multiple, holdUs }, index) => ({
    index,
    role,
    multiple,
    ratePerSec: peakRatePerSec * multiple,
    holdUs,
  }));
}

function refuseBadFlags(overrides: PlanOverrides): void {
  const faults = Object.entries(flags).flatMap(([key, [flag, field, example]]) => {
    const value = overrides[key as keyof typeof flags];
    return value === undefined || field.accepts(value) ? [] : [{ ...fieldFault(flag, value, field), fix: `${flag} ${example}` }];
  });
  if (faults.length === 0) return;
  const count = faults.length === 1 ? "a flag" : `${faults.length} flags`;
  throw new Fault("usage", [`${count} cannot be used:`, ...faults.map((fault) => `  ${describe(fault)}`)].join("\n"));
}

function refuseTooMuch(steps: readonly StepPlan[]): void {
  const top = Math.max(...steps.map((step) => step.ratePerSec));
  if (top > limits.topRatePerSec) {
    throw new Fault("usage", "the top step asks for too high a rate", {
      received: `${top} arrivals per second`,
      expected: `at most ${limits.topRatePerSec}`,
      fix: "a lower --peak or a lower highest multiple",
    });
  }
  const requests = steps.reduce((sum, step) => sum + (step.ratePerSec * step.holdUs) / 1_000_000, 0);
  if (requests > limits.requests) {
    throw new Fault("usage", "the run asks for too many requests", {
      received: `about ${Math.round(requests)} requests`,
      expected: `at most ${limits.requests}`,
      fix: "a shorter --hold or fewer multiples",
    });
  }
}

/** Without the slash that `URL` adds, so that a path can be appended. */
function originOf(address: string): string {
  return new URL(address).origin;
}

/** A duration that has been validated. */
function durationUs(text: string): number {
  return parseDurationUs(text) ?? 0;
}
