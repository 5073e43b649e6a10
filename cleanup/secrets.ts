/** Tokens and addresses with passwords: named by the scenario, held by the environment, never written anywhere. */
import { Fault } from "../src/model/fault.ts";
import type { StoreSettings } from "../src/model/plan.ts";
import type { RunFile } from "../src/model/run.ts";
import { isLoopbackHost } from "../src/safety/allow.ts";
import { secretSource } from "../src/safety/secret-source.ts";
import { planStores } from "./store-plans.ts";

/** Values by the name of the store that needs them. */
export type Secrets = Readonly<Record<string, string>>;

/**
 * The secrets of all of a run's stores. A fallback (`env:NAME:-fallback`) is public, since it stands in the scenario: a token's serves
 * on loopback only. Throws Fault `usage` naming every variable to set.
 */
export function resolveSecrets(
  run: Pick<RunFile, "runId" | "plan">,
  environment: Readonly<Record<string, string | undefined>>,
): Secrets {
  const secrets: Record<string, string> = {};
  const missing: string[] = [];
  for (const { settings, plan } of planStores(run)) {
    const written = writtenSecret(settings);
    if (written === null || plan.secretFrom === null) continue;
    const { name, fallback } = secretSource(written, `cleanup.${settings.kind}`);
    const given = environment[name]?.trim() ?? "";
    const value = given !== "" ? given : settings.kind !== "http" || isLoopbackUrl(run.plan.admin) ? (fallback ?? "") : "";
    if (value === "") missing.push(fallback === null ? name : `${name} (the scenario's fallback serves on loopback only)`);
    if (settings.kind === "http") checkSendable(name, value);
    secrets[plan.name] = value;
  }
  if (missing.length > 0) throw missingSecrets(missing);
  return secrets;
}

/** The token of the first store behind the admin address; null: it needs none. */
export function adminToken(run: Pick<RunFile, "runId" | "plan">, secrets: Secrets): string | null {
  const store = planStores(run).find(({ settings }) => settings.kind === "http");
  return store === undefined ? null : (secrets[store.plan.name] ?? null);
}

/** The field of a store that may name a secret; null where it has none. */
function writtenSecret(settings: StoreSettings): string | null {
  if (settings.kind === "http") return settings.token ?? null;
  if (settings.kind === "postgres" || settings.kind === "redis") return settings.url;
  return null;
}

function checkSendable(name: string, token: string): void {
  if (/^[\x21-\x7e]*$/.test(token)) return;
  throw new Fault("usage", `the token in ${name} cannot be sent in a header`, {
    received: `${token.length} characters`,
    expected: "printable ASCII without spaces",
  });
}

function missingSecrets(names: readonly string[]): Fault {
  const [first = ""] = names;
  return new Fault("usage", `cleanup needs what is not set: ${names.join(", ")}`, {
    expected: "the admin API's token, or the store's address, in each of these environment variables",
    fix: `export ${first.split(" ")[0]}=... and run it again`,
  });
}

function isLoopbackUrl(admin: string): boolean {
  return URL.canParse(admin) && isLoopbackHost(new URL(admin).hostname);
}
