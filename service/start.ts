/** Starts the service as processes of its own, and stops them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, type Exit } from "./child.ts";
import { resolveConfig, type ServiceConfig } from "./config.ts";
import { urlOf } from "./listen.ts";
import type { LaboratoryReady, PrimaryReady } from "./messages.ts";

/** How long a graceful stop may take: 6 s for open requests, the rest for a full queue. */
const primaryStopMs = 15_000;
/** The laboratory has nothing to finish. */
const laboratoryStopMs = 2_000;

/** Which process ended, and how. */
export interface ServiceExit extends Exit {
  readonly process: "primary" | "laboratory";
  /** False where nobody had asked for it. */
  readonly expected: boolean;
}

/** A started service. */
export interface RunningService {
  /** Public address, `http://host:port`. */
  readonly url: string;
  readonly adminUrl: string;
  readonly laboratoryUrl: string;
  /** The process tree of `primary` is the service alone; a crashed worker's replacement shows here. */
  readonly pids: { readonly primary: number; readonly workers: readonly number[]; readonly laboratory: number };
  readonly config: ServiceConfig;
  /** Graceful: open requests finish and the queue is drained; what has not ended after a bound is killed by id. */
  stop(): Promise<void>;
  /** At once, without draining. `stop` then waits for the end and removes the temporary folder. */
  kill(): void;
  /** The first of the two processes that ends, whatever the reason. */
  readonly exited: Promise<ServiceExit>;
}

interface Processes {
  readonly primary: Child<PrimaryReady>;
  readonly laboratory: Child<LaboratoryReady>;
  readonly temporaryFolder: string | null;
}

/**
 * Starts the primary with its workers, and the laboratory beside it. Throws ServiceError: `configuration` with every fault,
 * `port-in-use` with the port and what to do, `start-failed`; nothing is left running then.
 */
export async function startService(given: Partial<ServiceConfig> = {}): Promise<RunningService> {
  const config = resolveConfig(given);
  const laboratory = new Child<LaboratoryReady>("laboratory", { type: "start", config });
  try {
    const laboratoryUrl = urlOf(config.host, (await laboratory.ready()).port);
    return await startPrimary(config, laboratory, laboratoryUrl);
  } catch (error) {
    await laboratory.stop(laboratoryStopMs);
    throw error;
  }
}

async function startPrimary(
  config: ServiceConfig,
  laboratory: Child<LaboratoryReady>,
  laboratoryUrl: string,
): Promise<RunningService> {
  const isTemporary = config.databasePath === null && config.databaseUrl === null;
  const temporaryFolder = isTemporary ? mkdtempSync(join(tmpdir(), "health-code-")) : null;
  const databasePath = config.databasePath ?? join(temporaryFolder ?? "", "health-code.sqlite");
  const laboratoryPid = laboratory.pid;
  const primary = new Child<PrimaryReady>("primary", {
    type: "start",
    config,
    databasePath,
    laboratoryUrl,
    laboratoryPid,
    temporaryFolder,
  });
  try {
    const ready = await primary.ready();
    return runningService(config, ready, laboratoryUrl, { primary, laboratory, temporaryFolder });
  } catch (error) {
    await primary.stop(primaryStopMs);
    removeFolder(temporaryFolder);
    throw error;
  }
}

function runningService(config: ServiceConfig, ready: PrimaryReady, laboratoryUrl: string, processes: Processes): RunningService {
  const { primary, laboratory } = processes;
  const pids = { primary: primary.pid, workers: ready.workers, laboratory: laboratory.pid };
  primary.onWorkersChanged((workers) => (pids.workers = workers));
  let stopped: Promise<void> | undefined;
  const exitOf = (process: ServiceExit["process"], exited: Promise<Exit>): Promise<ServiceExit> =>
    exited.then((exit) => ({ ...exit, process, expected: stopped !== undefined }));
  return {
    url: urlOf(config.host, ready.port),
    adminUrl: urlOf(config.host, ready.adminPort),
    laboratoryUrl,
    pids,
    config,
    exited: Promise.race([exitOf("primary", primary.exited), exitOf("laboratory", laboratory.exited)]),
    stop: () => (stopped ??= stopProcesses(processes, () => pids.workers)),
    kill: () => {
      primary.kill();
      laboratory.kill();
    },
  };
}

/** The laboratory last, since open requests may still need it. */
async function stopProcesses(
  { primary, laboratory, temporaryFolder }: Processes,
  workers: () => readonly number[],
): Promise<void> {
  const killed = await primary.stop(primaryStopMs);
  if (killed) killLeft(workers());
  await laboratory.stop(laboratoryStopMs);
  removeFolder(temporaryFolder);
}

/** Workers end with their primary unless they are stuck in a computation. */
function killLeft(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended already, as it should.
    }
  }
}

/** The primary does this itself; here for one that was killed. */
function removeFolder(folder: string | null): void {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
}
