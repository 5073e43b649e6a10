/** The token: named by the scenario, held by the environment, never written anywhere. */
import { Fault } from "../src/model/fault.ts";
import type { RunFile } from "../src/model/run.ts";
import { isLoopbackHost } from "../src/safety/allow.ts";
import { tokenSource } from "./plan.ts";

/**
 * The token for a run's cleanup, or null where its scenario names none. A fallback (`env:NAME:-fallback`) is public, since it
 * stands in the scenario: it serves on loopback only. Throws Fault `usage` naming the variable to set.
 */
export function resolveToken(
  run: Pick<RunFile, "plan">,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const rule = run.plan.cleanup?.http?.token;
  if (rule === undefined) return null;
  const { name, fallback } = tokenSource(rule);
  const given = environment[name]?.trim() ?? "";
  const token = given !== "" ? given : isLoopbackUrl(run.plan.admin) ? (fallback ?? "") : "";
  if (token === "") throw missingToken(name, fallback !== null);
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Fault("usage", `the token in ${name} cannot be sent in a header`, {
    received: `${token.length} characters`,
    expected: "printable ASCII without spaces",
  });
}

function missingToken(name: string, hasFallback: boolean): Fault {
  const why = hasFallback ? " (the scenario's fallback serves on loopback only)" : "";
  return new Fault("usage", `cleanup needs a token, and ${name} is not set${why}`, {
    expected: `the admin API's token in the environment variable ${name}`,
    fix: `export ${name}=... and run it again`,
  });
}

function isLoopbackUrl(admin: string): boolean {
  return URL.canParse(admin) && isLoopbackHost(new URL(admin).hostname);
}
