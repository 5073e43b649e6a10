import { readFileSync } from "node:fs";
import { registerHooks, type LoadHookSync, type ResolveHookSync } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * What lets a scenario file live anywhere: in a folder with no `node_modules`, under a `package.json` that says commonjs.
 * Hooks are Node's synchronous ones (`module.registerHooks`, since 22.15), which hold for the thread that registers them only.
 */
let isInstalled = false;
let lastLoaded: string | null = null;

/** Installs the hooks in this thread, once. Each load thread calls this too, since it loads the scenario again. */
export function installHooks(): void {
  if (isInstalled) return;
  isInstalled = true;
  registerHooks({ resolve: resolveOurselves, load: loadAsModule });
}

/** The file that was loaded last: the one to blame for a SyntaxError of V8, which does not say where it was. */
export function lastLoadedFile(): string | null {
  return lastLoaded;
}

/** "peakproof" and "peakproof/..." mean this very package, through its own `exports`: to `.ts` in the repo, to `.js` when packed. */
const resolveOurselves: ResolveHookSync = (specifier, context, nextResolve) => {
  const isOurs = specifier === "peakproof" || specifier.startsWith("peakproof/");
  return nextResolve(specifier, isOurs ? { ...context, parentURL: import.meta.url } : context);
};

const loadAsModule: LoadHookSync = (url, context, nextLoad) => {
  const isUserFile = url.startsWith("file:") && !url.includes("/node_modules/");
  const extension = /\.([cm]?[jt]s)$/.exec(url)?.[1];
  if (!isUserFile || extension === undefined) return nextLoad(url, context);
  lastLoaded = fileURLToPath(url);
  const isAmbiguous = extension === "ts" || extension === "js";
  if (!isAmbiguous || !hasModuleSyntax(lastLoaded)) return nextLoad(url, context);
  return nextLoad(url, { ...context, format: extension === "ts" ? "module-typescript" : "module" });
};

/** A line that begins with `import` or `export`. A CommonJS helper has none, and is left to Node's own rules. */
function hasModuleSyntax(file: string): boolean {
  return /^\s*(?:import|export)\b(?!\s*\()/m.test(readFileSync(file, "utf8"));
}
