import { Fault } from "../model/fault.ts";
import type { Pace } from "../model/scenario.ts";
import { fields, type Field } from "./fields.ts";
import { describe, fieldFault } from "./input-fault.ts";

/** What a command line changes about a scenario: flags win. */
export interface PlanOverrides {
  readonly target?: string | readonly string[];
  readonly admin?: string;
  readonly peakRatePerSec?: number;
  /** Replaces stages, too. */
  readonly multiples?: readonly number[];
  readonly holdUs?: number;
  readonly warmupUs?: number;
  /** 32-bit unsigned. */
  readonly seed?: number;
  readonly workers?: number;
  readonly pids?: readonly number[];
  readonly pace?: Pace;
  readonly insecure?: boolean;
  /** IP addresses by `host:port`, beside the scenario's own. */
  readonly resolve?: Readonly<Record<string, string>>;
  readonly sourceAddresses?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

type Flag = readonly [flag: string, field: Field, example: string];

const resolve: Field = {
  accepts: (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(value).every(([name, address]) => fields.resolveName.accepts(name) && fields.resolveAddress.accepts(address)),
  expected: "host:port:address, as curl has it",
  write: "health.example:443:127.0.0.1",
};

const flags: Readonly<Record<Exclude<keyof PlanOverrides, "variables">, Flag>> = {
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
  insecure: ["--insecure", fields.insecure, "alone"],
  resolve: ["--resolve", resolve, resolve.write],
  sourceAddresses: ["--source-address", fields.sourceAddresses, "127.0.0.2"],
};

/** Throws a usage Fault with every flag that cannot be used. */
export function refuseBadFlags(overrides: PlanOverrides): void {
  const faults = Object.entries(flags).flatMap(([key, [flag, field, example]]) => {
    const value = overrides[key as keyof typeof flags];
    return value === undefined || field.accepts(value) ? [] : [{ ...fieldFault(flag, value, field), fix: `${flag} ${example}` }];
  });
  if (faults.length === 0) return;
  const count = faults.length === 1 ? "a flag" : `${faults.length} flags`;
  throw new Fault("usage", [`${count} cannot be used:`, ...faults.map((fault) => `  ${describe(fault)}`)].join("\n"));
}
