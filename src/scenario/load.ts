import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Fault } from "../model/fault.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import type { ScenarioMaker } from "./define.ts";
import { readScenarioText } from "./find.ts";
import { installHooks } from "./hooks.ts";
import { describe } from "./input-fault.ts";
import { loadFault } from "./load-fault.ts";
import { nearest } from "./similar.ts";
import { scenarioFaults } from "./validate.ts";

/** A scenario that has been loaded and found without fault. */
export interface Scenario {
  /** Absolute. */
  readonly path: string;
  /** SHA-256 of the file's text, its first 16 hex digits; files that it imports are not in it. */
  readonly hash: string;
  readonly input: ScenarioInput;
}

export interface LoadOptions {
  /** `--var k=v`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** False in load threads: the main thread has validated the same file, and zod costs 90 ms. Default true. */
  readonly validate?: boolean;
  /** How long a file may take to load. Default 30 s: a scenario is data, and one that waits for more is waiting in vain. */
  readonly limitMs?: number;
}

const loadLimitMs = 30_000;

/**
 * Loads a scenario file, from any project. Throws a usage Fault for a path that is no scenario file, for a file that Node cannot
 * load, and for one whose default export is no valid scenario, with all faults at once.
 */
export async function loadScenario(path: string, options: LoadOptions = {}): Promise<Scenario> {
  installHooks();
  const text = await readScenarioText(path);
  const file = resolve(path);
  const exported = await importDefault(file, options.limitMs ?? loadLimitMs);
  const input = made(exported, options.variables ?? {}, file);
  const faults = options.validate === false ? [] : await scenarioFaults(input);
  if (faults.length > 0) {
    const count = faults.length === 1 ? "a fault" : `${faults.length} faults`;
    throw new Fault("usage", [`${path} has ${count}:`, ...faults.map((fault) => `  ${describe(fault)}`)].join("\n"));
  }
  return { path: file, hash: createHash("sha256").update(text).digest("hex").slice(0, 16), input: input as ScenarioInput };
}

async function importDefault(file: string, limitMs: number): Promise<unknown> {
  const module = await within(limitMs, file, import(pathToFileURL(file).href) as Promise<Readonly<Record<string, unknown>>>);
  if (module["default"] !== undefined) return module["default"];
  const names = Object.keys(module).filter((name) => name !== "default" && name !== "module.exports");
  throw new Fault("usage", `${file} has no default export`, {
    received: names.length === 0 ? "no export" : `the export${names.length === 1 ? "" : "s"} ${names.join(", ")}`,
    expected: "a scenario as the default export",
    fix: "export default defineScenario({ ... })",
  });
}

/** The module, or a usage Fault where loading throws or is not done in time (an `await` that never ends). */
async function within<Module>(limitMs: number, file: string, loading: Promise<Module>): Promise<Module> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const expected = "a file that only describes what is sent, with no await that waits for something else";
      reject(
        new Fault("usage", `${file} is not loaded after ${limitMs} ms`, { expected, fix: "no await at the top of the file" }),
      );
    }, limitMs);
  });
  const loaded = loading.catch((thrown: unknown) => {
    throw loadFault(thrown, file);
  });
  try {
    return await Promise.race([loaded, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The scenario that a file exports, or that its function makes of the variables. Every variable must be asked for. */
function made(exported: unknown, variables: Readonly<Record<string, string>>, file: string): unknown {
  const asked = new Set<string>();
  const input = typeof exported === "function" ? make(exported as ScenarioMaker, watched(variables, asked), file) : exported;
  const unread = Object.keys(variables).find((name) => !asked.has(name));
  if (unread === undefined) return input;
  const names = [...asked];
  throw new Fault("usage", `${file} does not read the variable ${unread}`, {
    received: `--var ${unread}=${variables[unread]}`,
    expected: names.length === 0 ? "no variable" : `one of ${names.join(", ")}`,
    fix:
      typeof exported === "function"
        ? (nearest(unread, names) ?? "a variable that it reads")
        : "export default defineScenario(({ variables }) => ({ ... })), to read it",
  });
}

function make(maker: ScenarioMaker, variables: Readonly<Record<string, string>>, file: string): unknown {
  try {
    return maker({ variables });
  } catch (thrown) {
    throw loadFault(thrown, file);
  }
}

/** The variables, noting each name that is asked for, whether it is there or not. */
function watched(variables: Readonly<Record<string, string>>, asked: Set<string>): Readonly<Record<string, string>> {
  return new Proxy(variables, {
    get(target, name) {
      if (typeof name === "string") asked.add(name);
      return Object.hasOwn(target, name) ? Reflect.get(target, name) : undefined;
    },
    has(target, name) {
      if (typeof name === "string") asked.add(name);
      return Object.hasOwn(target, name);
    },
    ownKeys(target) {
      for (const name of Object.keys(target)) asked.add(name);
      return Reflect.ownKeys(target);
    },
  });
}
