/** What the results of writes mean to their callers. */
import type { Worker } from "./exchange.ts";
import type { CommandResult, Run } from "./messages.ts";
import { ApiError, type ApiReply } from "./reply.ts";

const tombstoned = (): ApiError => new ApiError(410, "run_swept", "this synthetic run was swept: nothing more of it is stored");

/** Refuses a swept run's write before any work is done for it. Throws ApiError 410. */
export function refuseTombstoned(worker: Worker, run: Run): void {
  if (run !== null && worker.tombstones.has(run)) throw tombstoned();
}

/** 201 or 200 with the id, 204 for a removal. Throws ApiError 410, 422, 404 or 503 for what was refused. */
export function writeReply(result: CommandResult): ApiReply {
  switch (result.outcome) {
    case "created":
      return { status: 201, body: { id: result.id } };
    case "existing":
      return { status: 200, body: { id: result.id } };
    case "removed":
      return { status: 204 };
    case "missing":
      throw new ApiError(404, "report_not_found", "there is no such report");
    case "tombstoned":
      throw tombstoned();
    case "key-reused":
      throw new ApiError(422, "idempotency_key_reused", "this idempotency-key was used for another request");
    case "queue-full":
      throw new ApiError(503, "queue_full", "too many check-ins are waiting", { retryAfterSeconds: 1 });
    default:
      throw new Error(result.message);
  }
}
