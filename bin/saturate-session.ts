import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { judgeSaturation } from "../analysis/saturation.ts";
import { RequestBuilder } from "../src/load/requests.ts";
import { Fault } from "../src/model/fault.ts";
import type { OperationPlan, RunPlan } from "../src/model/plan.ts";
import { saturationSchema, type SaturationFile, type SaturationStep } from "../src/model/saturation.ts";
import { formatUs } from "../src/model/units.ts";
import { diskFault, recordFiles, saturationFile, writeJson, writeWhole } from "../src/record/files.ts";
import { newRunId } from "../src/record/run-id.ts";
import { isLoopbackHost } from "../src/safety/allow.ts";
import { probeTargets } from "../src/safety/reachable.ts";
import { cannonAddress, pinned, type CannonAddress } from "../src/saturate/address.ts";
import { generatorName } from "../src/saturate/generator.ts";
import { renderSaturation } from "../src/saturate/page.ts";
import { plainRequests, readOf, requestsMade } from "../src/saturate/requests.ts";
import { sweep, type Swept } from "../src/saturate/sweep.ts";
import { refuseUnbounded } from "../src/third-party/projection.ts";
import { version } from "../src/version.ts";
import type { Interrupt } from "./interrupt.ts";
import { machineFacts } from "./machine.ts";
import type { Prepared } from "./preflight.ts";
import { makeRows, removeRows, type Rows } from "./saturate-rows.ts";

export interface SaturateOptions {
  /** Name of the read; absent: the heaviest. */
  readonly operation?: string;
  readonly connections: number;
  /** Shortest window of a step, microseconds. */
  readonly hold: number;
  readonly workers: number;
  readonly out: string;
  readonly interrupt: Interrupt;
  /** Aborted with a Fault when the lease of the target is lost. */
  readonly lost: AbortSignal;
  readonly say: (text: string) => void;
  readonly onBegin: (operation: string) => void;
  /** A number of connections begins to be measured. */
  readonly onStep: (connections: number) => void;
  readonly onStepDone: (steps: readonly SaturationStep[]) => void;
}

/** A sweep that is over. */
export interface Saturated {
  /** As it was written down; null where the sweep failed, by `failure`. */
  readonly file: SaturationFile | null;
  readonly failure: unknown;
  /** What became of prepared rows, in lines; none where none were made. */
  readonly proof: readonly string[];
  readonly isClean: boolean;
}

/**
 * Setup and rows where reads need them, the sweep, its judgement, its files, and the rows away again, whatever happened in between.
 * Throws a usage Fault where the closed loop cannot do what the scenario asks, and what fails before anything is made.
 */
export async function saturate(prepared: Prepared, options: SaturateOptions): Promise<Saturated> {
  const { plan } = prepared;
  const named = cannonAddress(plan);
  const { operation, at } = readOf(plan, options.operation);
  refuseUnbounded(plan, operation.name);
  const [answered = ""] = await probeTargets(plan);
  const address = pinned(named, answered);
  const rows = plan.prepare === null && plan.setup !== true ? null : await makeRows(prepared, requestsMade, options);
  const run = { runId: rows?.run.runId ?? newRunId(), startedAt: new Date().toISOString() };
  const dir = rows?.dir ?? join(options.out, run.runId);
  let file: SaturationFile | null = null;
  let failure: unknown = null;
  try {
    if (rows !== null && rows.fault !== null) throw rows.fault;
    const swept = await sweepOnce(prepared, { ...options, address, at, rows, runId: run.runId });
    // Somebody else may have loaded the target by then: it is no measurement of it any more.
    options.lost.throwIfAborted();
    refuseNothing(swept, plan, operation);
    file = documentOf(prepared, { ...options, ...run, address, operation, swept, dir });
    write(dir, file);
  } catch (thrown) {
    failure = thrown;
  }
  return { file, failure, ...(await removeRows(rows, options)) };
}

interface SweepInput extends SaturateOptions {
  readonly address: CannonAddress;
  /** Index of the operation. */
  readonly at: number;
  readonly rows: Rows | null;
  readonly runId: string;
}

async function sweepOnce(prepared: Prepared, input: SweepInput): Promise<Swept> {
  const { scenario, plan } = prepared;
  const { runId, at, address, interrupt, connections } = input;
  const { target, connections: network } = plan;
  const { setup, users } = input.rows ?? { setup: undefined, users: null };
  const builder = new RequestBuilder(scenario.input, { runId, plan, setup });
  const requests = plainRequests(builder, plan, at, users);
  const operation = Object.values(scenario.input.operations)[at];
  input.onBegin(plan.operations[at]?.name ?? "");
  return sweep({
    cannon: {
      url: address.url,
      serverName: address.serverName,
      requests,
      expect: operation?.expect?.status === undefined ? null : operation.expect,
    },
    lanes: plan.lanes === null ? null : { target, network, path: plan.lanes.trivial, runId, tags: plan.tags },
    threads: input.workers,
    connectionsMost: connections,
    windowUs: input.hold,
    isLocal: isLocal(plan),
    signal: AbortSignal.any([interrupt.load, input.lost]),
    onStep: input.onStep,
    onStepDone: input.onStepDone,
  });
}

const isLocal = ({ target }: RunPlan): boolean => isLoopbackHost(new URL(target).hostname);

/** Throws Fault `unreachable` where the first step has no accepted reply: it says nothing about a ceiling. */
function refuseNothing({ steps }: Swept, plan: RunPlan, operation: OperationPlan): void {
  const [first] = steps;
  if (first === undefined || first.ok > 0) return;
  const came = Object.entries(first.errors).map(([key, count]) => `${key} (${count})`);
  const hasErrors = came.length > 0;
  throw new Fault("unreachable", `${plan.target} accepted no "${operation.name}" from the first connection`, {
    received: hasErrors ? came.join(", ") : `no reply within ${formatUs(first.windowUs)}`,
    expected: "accepted replies",
    fix: hasErrors ? "`peakproof try` shows one request with its reply" : "--hold 5s, if one request takes that long",
  });
}

interface DocumentInput extends Omit<SaturateOptions, "operation"> {
  readonly runId: string;
  readonly startedAt: string;
  readonly dir: string;
  readonly address: CannonAddress;
  readonly operation: OperationPlan;
  readonly swept: Swept;
}

function documentOf({ scenario, plan }: Prepared, input: DocumentInput): SaturationFile {
  const { steps, totals, stopped } = input.swept;
  const facts = { steps, cores: isLocal(plan) ? availableParallelism() : null, hasPing: plan.lanes !== null };
  const { checks, connection = plan.connections.policy } = scenario.input.operations[input.operation.name] ?? {};
  return {
    schema: saturationSchema,
    version,
    runId: input.runId,
    dir: input.dir,
    scenario: plan.scenario.name,
    target: plan.target,
    operation: input.operation.name,
    startedAt: input.startedAt,
    machine: machineFacts(),
    generator: generatorName,
    workers: input.workers,
    requests: requestsMade,
    totals: { ...totals, abandoned: totals.sent - totals.answered },
    stopped,
    interrupted: input.interrupt.load.aborted,
    notes: [
      ...input.address.notes,
      ...(connection === "fresh" ? ["Connections were kept alive, although the scenario asks for fresh ones."] : []),
      ...(checks === undefined ? [] : ["Replies were judged by their status alone, without the operation's checks."]),
    ],
    ...facts,
    saturation: judgeSaturation(facts),
  };
}

function write(dir: string, file: SaturationFile): void {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (thrown) {
    throw diskFault(dir, thrown);
  }
  writeJson(join(dir, saturationFile), file);
  writeWhole(join(dir, recordFiles.report), renderSaturation(file));
}
