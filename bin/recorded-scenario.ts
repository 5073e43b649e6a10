import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { Fault } from "../src/model/fault.ts";
import type { RunFile } from "../src/model/run.ts";
import type { ScenarioInput } from "../src/model/scenario.ts";
import { runFolderOf } from "../src/record/canaries.ts";
import { loadScenario } from "../src/scenario/load.ts";

/** The scenario of a run, for what cannot be told as data (`undo`, a custom store). Rejects with a usage Fault where it is another by now. */
export async function scenarioThatRan({ plan }: RunFile, path = plan.scenario.path): Promise<ScenarioInput> {
  const { hash } = plan.scenario;
  const scenario = await loadScenario(path, { variables: plan.variables });
  if (scenario.hash === hash) return scenario.input;
  throw new Fault("usage", `${path} is not the scenario that ran any more, and its own functions are needed to clean up`, {
    received: `a file of hash ${scenario.hash}`,
    expected: hash,
    fix: "bring back the file as it was, and run peakproof cleanup again",
  });
}

/**
 * The same for a run folder that may come from anywhere: to load a scenario is to run its code, and path and hash both stand in a file
 * of that folder. `file`: the scenario that the user named; without one only a file below the working folder is taken, and none within
 * the run's folder.
 */
export async function scenarioOfRecord(run: RunFile, dir: string, file: string | undefined): Promise<ScenarioInput> {
  const { path } = run.plan.scenario;
  if (file !== undefined) return scenarioThatRan(run, resolve(file));
  const isOwn = isBelow(path, process.cwd()) && !isBelow(path, runFolderOf(dir));
  if (isOwn) return scenarioThatRan(run);
  throw new Fault(
    "usage",
    "the functions of the scenario are needed to clean up, and run.json names a file that nobody here vouches for",
    {
      received: path,
      expected: "a file below the working folder, and outside of the run's",
      fix: "if you trust the scenario that ran, name it: --scenario <file>",
    },
  );
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(realPath(folder), realPath(path));
  return way === "" || (way !== ".." && !/^\.\.[\\/]/.test(way) && !isAbsolute(way));
}

/** Where links lead to; the path as it is where there is nothing. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
