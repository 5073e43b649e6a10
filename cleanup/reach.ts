/** Where a run's stores are, beside the admin address. */
import type { RunFile } from "../src/model/run.ts";
import { secretSource } from "../src/safety/secret-source.ts";
import { databaseHost } from "../src/wire/database-connect.ts";
import { planStores } from "./store-plans.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Hosts of the databases that are swept, for the allow list: by the address in the settings, or in the variable that they name. What is
 * not set or no address connects to nothing: it is refused before it is opened.
 */
export function storeHosts(run: Pick<RunFile, "runId" | "plan">, environment: Environment): string[] {
  return planStores(run).flatMap(({ settings }) => {
    if (settings.kind !== "postgres" && settings.kind !== "redis") return [];
    const address = addressOf(settings.url, environment);
    return URL.canParse(address) ? [databaseHost(address)] : [];
  });
}

function addressOf(written: string, environment: Environment): string {
  if (!written.startsWith("env:")) return written;
  const { name, fallback } = secretSource(written, "cleanup");
  const given = environment[name]?.trim() ?? "";
  return given === "" ? (fallback ?? "") : given;
}
