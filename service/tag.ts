/** The tag of synthetic traffic: read from the request, kept with every row, and passed on to the third party. */
import type { IncomingHttpHeaders } from "node:http";
import type { Run } from "./messages.ts";
import { ApiError } from "./reply.ts";

/** Safe in a path, a header and an SQL literal. */
export const runPattern = /^[a-z0-9-]{1,48}$/;
const runHeader = "x-synthetic-run";
const purposeHeader = "x-synthetic-purpose";
/** A label of a metric, so neither long nor free. */
const purposePattern = /^[a-z-]{1,16}$/;

/** Passed on besides every `x-synthetic-*`: what tracing systems and the third party recognise us and the caller by. */
const forwarded = new Set(["baggage", "traceparent", "tracestate", "user-agent"]);

/** The run that a request belongs to. Throws ApiError 400 where the header is there and is no run id. */
export function runOf(headers: IncomingHttpHeaders): Run {
  const value = headers[runHeader];
  if (value === undefined) return null;
  if (typeof value === "string" && runPattern.test(value)) return value;
  throw new ApiError(400, "invalid_tag", `${runHeader} must match ${runPattern.source}`, {
    details: [{ field: runHeader, problem: "must be 1 to 48 lower-case letters, digits or hyphens" }],
  });
}

/** The same where nothing may be thrown: null also for a header that is no run id. */
export function soundRunOf(headers: IncomingHttpHeaders): Run {
  const value = headers[runHeader];
  return typeof value === "string" && runPattern.test(value) ? value : null;
}

/** What the request was sent for, for the metrics: `real` without the header, `other` where it is no short word. */
export function purposeOf(headers: IncomingHttpHeaders): string {
  const value = headers[purposeHeader];
  if (value === undefined) return "real";
  return typeof value === "string" && purposePattern.test(value) ? value : "other";
}

/** The headers that go on to the laboratory. */
export function forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const onward: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && (forwarded.has(name) || name.startsWith("x-synthetic-"))) onward[name] = value;
  }
  return onward;
}
