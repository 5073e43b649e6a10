/** The hops of a scenario, with their secrets found and everything checked that can be without asking them. */
import { Fault } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { HandshakeRules, Hop, HttpHop } from "../model/safety-rules.ts";
import { ownTagHeaders } from "../model/tags.ts";
import { isLoopbackHost } from "../safety/allow.ts";
import { secretSource } from "../safety/secret-source.ts";
import { version } from "../version.ts";
import { adminNetwork } from "../wire/agent-connect.ts";
import { databaseHost } from "../wire/database-connect.ts";
import { endpointFor } from "../wire/endpoint.ts";
import { HttpObserver } from "./http.ts";
import { LogObserver } from "./log.ts";
import type { Observer } from "./observer.ts";
import { PostgresObserver } from "./postgres.ts";
import { RedisObserver } from "./redis.ts";
import { SeenObserver } from "./seen.ts";

export interface PreparedHop {
  readonly name: string;
  /** Names of the operations that pass here. */
  readonly operations: readonly string[];
  /** Name or address of what looking at it connects to, for the allow list; null: nothing. */
  readonly reaches: string | null;
  /** `runId` is the run's, not a canary's: what asks is not what is looked for. */
  readonly open: (runId: string) => Observer;
}

/** What hops are prepared with. */
export type HopPlan = Pick<RunPlan, "admin" | "targets" | "connections" | "tags" | "handshake">;

type Environment = Readonly<Record<string, string | undefined>>;

/** In the scenario's order. Throws a usage Fault for a secret that is not set, an address or a pattern that is none. */
export function prepareHops({ hops }: HandshakeRules, plan: HopPlan, environment: Environment): PreparedHop[] {
  return Object.entries(hops).map(([name, hop]) => {
    const operations = plan.handshake?.hops[name]?.operations ?? [];
    return Object.assign(placeOf(name, hop, plan, environment), { name, operations });
  });
}

function placeOf(name: string, hop: Hop, plan: HopPlan, environment: Environment): Pick<PreparedHop, "reaches" | "open"> {
  if ("http" in hop) return httpPlace(name, hop.http, plan, environment);
  const { connections: network } = plan;
  if ("postgres" in hop) {
    const url = databaseAddress(hop.postgres.url, name, environment);
    const { query } = hop.postgres;
    return { reaches: databaseHost(url), open: () => new PostgresObserver({ hop: name, url, query, network }) };
  }
  if ("redis" in hop) {
    const { key = null, stream, field } = hop.redis;
    const url = databaseAddress(hop.redis.url, name, environment);
    const looked = stream === undefined || field === undefined ? null : { key: stream, field };
    return { reaches: databaseHost(url), open: () => new RedisObserver({ hop: name, url, key, stream: looked, network }) };
  }
  if ("seen" in hop) return { reaches: null, open: () => new SeenObserver(name, hop.seen) };
  const observer = new LogObserver({ hop: name, ...hop.log });
  return { reaches: null, open: () => observer };
}

function httpPlace(
  name: string,
  { path, token, field }: HttpHop,
  plan: HopPlan,
  environment: Environment,
): Pick<PreparedHop, "reaches" | "open"> {
  const url = URL.canParse(path, plan.admin) ? new URL(path, plan.admin) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || !path.includes("{run}")) {
    throw new Fault("usage", `hop "${name}" has no address that can be asked for one run`, {
      received: url === null || url.username === "" ? JSON.stringify(path) : "an address with credentials",
      expected: 'a path with {run} in it, such as "/synthetic/{run}", or a whole address without credentials',
    });
  }
  const secret = token === undefined ? null : tokenOf(token, name, url, environment);
  const network = adminNetwork({ ...plan, admin: url.origin });
  // `URL` writes {run} as %7Brun%7D.
  const address = url.href.replaceAll("%7Brun%7D", "{run}");
  const authorization = secret === null ? {} : { authorization: `Bearer ${secret}` };
  const open = (runId: string): Observer => {
    const headers = { ...ownTagHeaders(runId, "probe", 0, version, plan.tags), ...authorization };
    return new HttpObserver({ hop: name, address, field: field ?? null, network, headers });
  };
  return { reaches: endpointFor(url.origin, network).host, open };
}

/** A fallback is public, since it stands in the scenario: it serves on loopback only. */
function tokenOf(written: string, hop: string, { hostname }: URL, environment: Environment): string {
  const { name, fallback } = secretSource(written, `handshake.hops.${hop}.http.token`);
  const given = environment[name]?.trim() ?? "";
  const value = given === "" && isLoopbackHost(hostname) ? (fallback ?? "") : given;
  if (value === "") throw notSet(hop, name, "its token");
  if (/^[\x21-\x7e]*$/.test(value)) return value;
  throw new Fault("usage", `the token in ${name} cannot be sent in a header`, {
    received: `${value.length} characters`,
    expected: "printable ASCII without spaces",
  });
}

/** The address itself, or what the variable that it names holds. */
function databaseAddress(written: string, hop: string, environment: Environment): string {
  const isNamed = written.startsWith("env:");
  const { name, fallback } = isNamed ? secretSource(written, `handshake.hops.${hop}`) : { name: "", fallback: written };
  const given = isNamed ? (environment[name]?.trim() ?? "") : "";
  const value = given === "" ? (fallback ?? "") : given;
  if (value === "") throw notSet(hop, name, "its address");
  if (URL.canParse(value) && new URL(value).hostname !== "") return value;
  throw new Fault("usage", `the address of hop "${hop}" cannot be used`, {
    expected: "postgres://user@host:port/database or redis://host:port/0, with what is special in it percent-encoded",
  });
}

function notSet(hop: string, name: string, what: string): Fault {
  return new Fault("usage", `hop "${hop}" needs what is not set: ${name}`, {
    expected: `${what} in that environment variable`,
    fix: `export ${name}=... and run it again`,
  });
}
