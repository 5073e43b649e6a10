/** Replies: JSON bodies, typed errors, and how both are written. Used by the workers, the admin port and the laboratory. */
import type { ServerResponse } from "node:http";

/** What a handler answers. No body: 204 and the like. */
export interface ApiReply {
  readonly status: number;
  readonly body?: unknown;
}

/** What an error says besides its code. */
export interface ApiErrorExtras {
  readonly details?: readonly FieldFault[];
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One fault of a request: which field or header, and what it must be. */
export interface FieldFault {
  readonly field: string;
  readonly problem: string;
}

/** An expected failure of a request; its body is `{error: {code, message, details?}}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly extras: ApiErrorExtras;

  constructor(status: number, code: string, message: string, extras: ApiErrorExtras = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.extras = extras;
  }
}

/** Writes a JSON reply. Headers set on the response before are kept. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** Writes an error of ours as it is, and any other as a 500 that gives nothing away. Gives the status. */
export function sendError(response: ServerResponse, thrown: unknown): number {
  const error = thrown instanceof ApiError ? thrown : new ApiError(500, "internal", "the service made a mistake");
  const { details, retryAfterSeconds, headers } = error.extras;
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (retryAfterSeconds !== undefined) response.setHeader("retry-after", String(retryAfterSeconds));
  const { code, message } = error;
  sendJson(response, error.status, { error: details === undefined ? { code, message } : { code, message, details } });
  return error.status;
}
