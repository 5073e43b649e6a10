/**
 * What a health-code service is asked, and where it lives: shared by the scenarios beside this file.
 * Copy this file together with the one you start from, and put your own paths and bodies in.
 */
import type { HandshakeRules, HttpCleanup, Operation } from "peakproof";
import { callerToken, type Citizen } from "peakproof/generators";

/** The reference service on this machine: `peakproof serve`. `--target` and `--admin` point a run elsewhere. */
export const addresses = { target: "http://127.0.0.1:8460", admin: "http://127.0.0.1:8461" } as const;

/** Secrets come from the environment; this default is known to everyone, and the service takes it on loopback only. */
const secret = process.env["HEALTH_CODE_SECRET"] ?? "health-code-loopback-secret";

/** Someone opens their own code: the busiest call of all, made at every door. */
export const scan: Omit<Operation<Citizen>, "weight"> = {
  kind: "read",
  request: (citizen) => ({
    path: `/codes/${citizen.id}`,
    headers: { authorization: `Bearer ${callerToken(secret, citizen.id)}` },
  }),
  expect: { status: 200 },
};

/** Someone declares their health. The key makes a repeated request harmless, and it must not change from one try to the next. */
export const report: Omit<Operation<Citizen>, "weight"> = {
  kind: "write",
  request: (citizen, at) => ({
    method: "POST",
    path: "/reports",
    headers: { "idempotency-key": `${citizen.id}-${at.index}` },
    json: citizen.report(at),
  }),
  expect: { status: [200, 201] },
  created: (reply) => reply.json.id,
  undo: (id) => ({ method: "DELETE", path: `/reports/${id}` }),
  // By the key, which is known even where a reply was lost. `applied`: how many rows it has made, which must be one.
  readBack: ({ key }) => ({ path: `/reports?key=${key}` }),
  applied: (reply) => reply.json.count,
};

/** Someone looks at the declaration they have just made: the id is carried here from its reply, so this belongs into a journey. */
export const readReport: Omit<Operation<Citizen>, "weight"> = {
  kind: "read",
  request: (_citizen, at) => ({ path: `/reports/${at.carried["reportId"]}` }),
  expect: { status: 200 },
  checks: { colored: (reply) => ["green", "yellow", "red"].includes(reply.json.color) },
};

/** Someone enters a venue. 202: the service has queued it, and it lands later. */
export const checkin: Omit<Operation<Citizen>, "weight"> = {
  kind: "write",
  request: (citizen, at) => ({ method: "POST", path: "/checkins", json: citizen.checkin(at) }),
  expect: { status: 202 },
  created: (reply) => reply.json.id,
  readBack: ({ id }) => ({ path: `/checkins/${id}` }),
  applied: (reply) => reply.json.count,
};

/** A citizen is registered. Weight 0: only `prepare` does this, before the load. */
export const citizen: Operation<Citizen> = {
  kind: "write",
  weight: 0,
  request: ({ id, name, idNumber, phone }) => ({ method: "POST", path: "/citizens", json: { id, name, idNumber, phone } }),
  expect: { status: [200, 201] },
};

/** Where the service tells what a run has left, and removes it. */
const synthetic = { path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN:-health-code-loopback-token" } as const;

/** Every row carries its run's tag, so that this removes the run's rows and no others, even those whose reply was lost. */
export const cleanup: { http: HttpCleanup } = { http: synthetic };

/**
 * Before the load, one write of each kind must be found in the store under its tag, or nothing else is written: what has lost its tag
 * could not be removed again. A check-in gets there by the queue, which must have kept the tag, too.
 */
export const handshake: HandshakeRules = { hops: { store: { http: { ...synthetic, field: "rows.store" } } } };

/**
 * The same, and further hops of `report` where it is known how to look at them: `--var laboratory=http://127.0.0.1:8462` (a third party
 * that tells what it was asked for whom), `--var log=/var/log/health-code.log`.
 */
export function handshakeOf(variables: Readonly<Partial<Record<string, string>>>): HandshakeRules {
  const { laboratory, log } = variables;
  return {
    hops: {
      ...handshake.hops,
      ...(laboratory === undefined
        ? {}
        : { laboratory: { operations: ["report"], http: { path: `${laboratory}/calls/{run}`, field: "calls" } } }),
      ...(log === undefined ? {} : { log: { log: { file: log, pattern: "run={run}" } } }),
    },
  };
}
