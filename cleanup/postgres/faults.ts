/** What an error of PostgreSQL, or of the way to it, means to a sweep, and what its reader can do about it. */
import { errnoOf, messageOf, type FaultKind } from "../../src/model/fault.ts";
import { formatUs } from "../../src/model/units.ts";
import { notAllowedCode, notAllowedFix } from "../../src/safety/permitted-lookup.ts";
import { StoreFault } from "../store.ts";

interface Meaning {
  readonly kind: FaultKind;
  readonly fix: string;
}

/**
 * Codes and classes (their first two characters) that pass (PostgreSQL manual, appendix A): connections (08) and resources (53) that
 * run out, serialization and deadlock (40), locks and time that ran out, a server that stops or starts.
 */
const passing: ReadonlySet<string> = new Set(["08", "53", "40", "55P03", "57014", "57P01", "57P02", "57P03", "25P03"]);

/** Codes of the connection itself: those of Node, and those of the client. */
const passingConnections: ReadonlySet<string> = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
]);

const signIn: Meaning = { kind: "usage", fix: "check user, password and database of the address" };
const grant: Meaning = {
  kind: "usage",
  fix: "grant SELECT, UPDATE and DELETE on the tables (UPDATE: to lock rows), INSERT on tombstones, and BYPASSRLS where rows are hidden",
};
const names: Meaning = { kind: "usage", fix: "check the tables and columns in cleanup.postgres" };
const ids: Meaning = { kind: "usage", fix: "check that ids.column holds what the operation's created gives" };

const final: Readonly<Record<string, Meaning>> = {
  [notAllowedCode]: { kind: "safety", fix: notAllowedFix },
  "28P01": signIn,
  "28000": signIn,
  "3D000": signIn,
  "42501": grant,
  "42P01": names,
  "42703": names,
  "42883": names,
  "3F000": names,
  "22P02": ids,
  "22003": ids,
  "23502": { kind: "usage", fix: "give all columns of the tombstones table but its first one a default" },
  "25006": { kind: "usage", fix: "name the primary, not a standby that only reads" },
  "08P01": { kind: "usage", fix: "connect to the database itself, or to a pooler in session mode that passes settings on" },
};

const otherwise: Meaning = { kind: "unreachable", fix: "check that the database is up and run peakproof cleanup again" };

/**
 * The StoreFault for anything that a statement threw; one that is a StoreFault already stays as it is. `boundUs` is how long the statement
 * might take, `clean` takes secrets out.
 */
export function postgresFault(thrown: unknown, boundUs: number, clean: (text: string) => string): StoreFault {
  if (thrown instanceof StoreFault) return thrown;
  const code = errnoOf(thrown) ?? "";
  const { kind, fix } = final[code] ?? otherwise;
  // No cause: the client's error carries statement and parameters with it, and may end in a log.
  return new StoreFault(kind, `PostgreSQL: ${clean(messageOf(thrown)) || code}`, {
    transient: !(code in final) && passes(code),
    detail: {
      ...(code === "" ? {} : { received: code }),
      ...(outOfTime.has(code) ? { expected: `an answer within ${formatUs(boundUs)}` } : {}),
      fix,
    },
  });
}

const outOfTime: ReadonlySet<string> = new Set(["57014", "CONNECTION_DESTROYED"]);

/** Whether an error leaves the connection unusable: it is none of the server's, or the server's last word. */
export function endsConnection(thrown: unknown): boolean {
  return !(thrown instanceof Error && "severity" in thrown) || thrown.severity === "FATAL" || thrown.severity === "PANIC";
}

function passes(code: string): boolean {
  return passingConnections.has(code) || passing.has(code) || (code.length === 5 && passing.has(code.slice(0, 2)));
}
