/** How a scenario names a secret instead of writing it out. */
import { Fault } from "../model/fault.ts";

/** Splits `env:NAME` or `env:NAME:-fallback`. Throws Fault `usage`, without repeating what may be a secret written out. */
export function secretSource(written: string, field: string): { readonly name: string; readonly fallback: string | null } {
  const match = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(written);
  if (match?.[1] === undefined) {
    throw new Fault("usage", `${field} must name an environment variable, never hold a secret`, {
      expected: '"env:NAME", or "env:NAME:-fallback" for a loopback default',
    });
  }
  return { name: match[1], fallback: match[2] ?? null };
}
