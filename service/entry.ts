/** The service's own processes: where their entry files are, and how a process of ours runs its life. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** Node 22 warns of node:sqlite and of stripped types in every process; both are wanted here. */
export const nodeFlags: readonly string[] = ["--disable-warning=ExperimentalWarning"];

/** An entry file beside this one, as source or compiled like this one is. */
export function entryPath(name: "primary" | "worker" | "laboratory"): string {
  return fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
}

/** Calls `stop` once, on SIGTERM or when the process that started us is gone; Ctrl-C in a terminal is for that one to handle. */
export function onStop(stop: () => void): void {
  let stopped = false;
  const once = (): void => {
    if (!stopped) stop();
    stopped = true;
  };
  process.on("SIGTERM", once);
  process.on("disconnect", once);
  process.on("SIGINT", () => undefined);
}
