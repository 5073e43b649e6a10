/** One handshake with a service, in this process and with nothing after it. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstRunFile } from "../bin/drive.ts";
import { shakeHands } from "../bin/handshake.ts";
import { preflight } from "../bin/preflight.ts";
import type { RunningService, ServiceConfig } from "../service/index.ts";
import { startService } from "../service/index.ts";
import { Fault } from "../src/model/fault.ts";
import type { Handshake } from "../src/model/run.ts";
import { RunRecorder } from "../src/record/recorder.ts";
import { newRunId } from "../src/record/run-id.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import type { Folder } from "./cli.ts";

/** A scenario with a hop for each place where the service keeps, or passes on, a tag. */
export const proven = fileURLToPath(new URL("./scenarios/proven.ts", import.meta.url));

/** The places, in the order in which a write passes them. */
export const places = ["queue", "store", "cache", "laboratory", "log"] as const;

/** A service that writes a log into the folder. */
export function startLogged(folder: Folder, settings: Partial<ServiceConfig> = {}): Promise<RunningService> {
  return startService({ port: 0, adminPort: 0, logPath: logOf(folder), ...settings });
}

/** What the scenario must be told of such a service. */
export function variablesOf(service: RunningService, folder: Folder): { readonly laboratory: string; readonly log: string } {
  return { laboratory: service.laboratoryUrl, log: logOf(folder) };
}

function logOf(folder: Folder): string {
  return join(folder.path, "service.log");
}

/** What came of a handshake. */
export interface Shaken {
  readonly fault: Fault | null;
  readonly handshake: Handshake | undefined;
  readonly said: readonly string[];
}

export function handshakeOnce(service: RunningService, folder: Folder, within: string): Promise<Shaken> {
  return shakeBy(proven, service, folder, { ...variablesOf(service, folder), within });
}

/** One by any scenario. */
export async function shakeBy(
  scenario: string,
  service: RunningService,
  folder: Folder,
  variables: Readonly<Record<string, string>>,
): Promise<Shaken> {
  const prepared = await preflight(scenario, { target: service.url, admin: service.adminUrl, variables }, []);
  const run = firstRunFile(prepared, newRunId(), {});
  const recorder = new RunRecorder(join(folder.runs, run.runId), run);
  const said: string[] = [];
  const { signal } = new AbortController();
  let fault: Fault | null = null;
  try {
    const say = (text: string): void => void said.push(text);
    await shakeHands(prepared, { recorder, setup: undefined, signal, cleanupSignal: signal, disk: new DiskTrouble(), say });
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    fault = thrown;
  }
  recorder.close();
  return { fault, handshake: recorder.run.handshake, said };
}

/** Rows that the service knows as a run's. */
export async function rowsOf({ adminUrl, config }: RunningService, runId: string): Promise<number> {
  const headers = { authorization: `Bearer ${config.adminToken}` };
  const reply = await fetch(`${adminUrl}/synthetic/${runId}`, { headers });
  const { rows } = (await reply.json()) as { readonly rows: Readonly<Record<string, number>> };
  return Object.values(rows).reduce((sum, count) => sum + count, 0);
}
