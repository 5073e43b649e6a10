import { mayNeedCarried } from "../load/first-requests.ts";
import type { BuiltRequest, RequestBuilder } from "../load/requests.ts";
import { Fault } from "../model/fault.ts";
import type { OperationPlan, RunPlan } from "../model/plan.ts";
import { pickUser } from "../model/popularity.ts";
import { streams, unit } from "../model/random.ts";
import { nearest } from "../scenario/similar.ts";
import type { PlainRequest } from "./messages.ts";

/** Different requests that are made ahead: with 64 connections, eight each. Enough users that no single row or key is all that is asked. */
export const requestsMade = 512;

/** The read that is asked, by name or the one of highest weight. Throws a usage Fault where it writes, or there is none. */
export function readOf(plan: RunPlan, name: string | undefined): { readonly operation: OperationPlan; readonly at: number } {
  const reads = plan.operations.flatMap((operation, at) =>
    operation.kind === "read" && !mayNeedCarried(plan, at) ? [{ operation, at }] : [],
  );
  const [heaviest] = reads.toSorted((a, b) => b.operation.weight - a.operation.weight);
  const found = name === undefined ? heaviest : reads.find(({ operation }) => operation.name === name);
  if (found !== undefined) return found;
  throw name === undefined
    ? noRead(plan)
    : notThis(
        plan,
        name,
        reads.map(({ operation }) => operation.name),
      );
}

function noRead({ scenario }: RunPlan): Fault {
  return new Fault("usage", `${scenario.path} has no read that can be sent by itself`, {
    expected: 'an operation with kind "read": nothing is journaled in a closed loop, so a write could not be removed again',
    fix: "add a read, or use `peakproof run`, which journals writes and cleans up",
  });
}

function notThis(plan: RunPlan, name: string, reads: readonly string[]): Fault {
  const given = plan.operations.find((operation) => operation.name === name);
  const expected = reads.length === 0 ? "a read" : `one of the reads: ${reads.join(", ")}`;
  if (given?.kind === "write") {
    return new Fault("usage", `"${name}" writes, and nothing is journaled in a closed loop: what it wrote could not be removed`, {
      expected,
      fix: "use `peakproof run`, which journals writes and cleans up",
    });
  }
  if (given !== undefined) {
    const fix = "try another read; a journey is driven by `peakproof run`";
    return new Fault("usage", `"${name}" is only done within journeys, with values of earlier replies`, { expected, fix });
  }
  const close = nearest(name, reads);
  const fix = `--operation ${close ?? reads[0] ?? "<name>"}`;
  return new Fault("usage", `there is no operation "${name}"`, { expected, fix });
}

/**
 * Some hundred requests of one operation, tagged as probes, their users drawn as a run draws them. With `usersMost` only the first
 * users are taken, each in turn: those whose rows are there. Throws a usage Fault where the scenario makes none that can be sent.
 */
export function plainRequests(
  builder: RequestBuilder,
  plan: Pick<RunPlan, "users" | "seed">,
  operation: number,
  usersMost: number | null,
): PlainRequest[] {
  const { pool, popularity } = plan.users;
  return Array.from({ length: requestsMade }, (_, index) => {
    const drawn = pickUser(popularity, pool, unit(plan.seed, streams.user, index));
    return plainRequest(builder.build(operation, usersMost === null ? drawn : index % usersMost, index, 0, "probe", null));
  });
}

/** Fields that autocannon writes itself. Connections are kept, whatever the operation says. */
const itsOwn = new Set(["connection", "content-length"]);

/** A request's bytes taken apart again, since autocannon puts them together itself. */
function plainRequest({ text, encoding, method, path }: BuiltRequest): PlainRequest {
  const end = text.indexOf("\r\n\r\n");
  const [, ...lines] = text.slice(0, end).split("\r\n");
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const body = text.slice(end + 4);
  const isKept = ([name]: [string, string]): boolean => !itsOwn.has(name.toLowerCase()) || (method !== "GET" && body === "");
  return {
    method,
    path,
    headers: Object.fromEntries(fields.filter(isKept)),
    body: body === "" ? null : new Uint8Array(Buffer.from(body, encoding)),
  };
}
