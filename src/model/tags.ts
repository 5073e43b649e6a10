/**
 * The tag: how every system along the way recognises synthetic traffic (design section 6).
 * `x-synthetic-*` for people and proxies, W3C Baggage and Trace Context for tracing systems, and a user agent after
 * OpenTelemetry's `user_agent.synthetic.type = test`.
 */

import { mix, seedOf, streams } from "./random.ts";

/** What a request was sent for. Only `load` counts in capacity; all of them are tagged, and all writes are swept. */
export const purposes = ["load", "warmup", "prepare", "lane", "canary", "probe", "sweep"] as const;
export type Purpose = (typeof purposes)[number];

/** Header names; configurable, since some gateways drop unknown `x-` headers. */
export interface TagHeaders {
  readonly run: string;
  readonly user: string;
  readonly purpose: string;
}

export const defaultTagHeaders: TagHeaders = {
  run: "x-synthetic-run",
  user: "x-synthetic-user",
  purpose: "x-synthetic-purpose",
};

/** `runId` is safe in a header, a path, a file name and an SQL literal. */
export const runIdPattern = /^[a-z0-9-]{1,48}$/;

export interface Tag {
  readonly runId: string;
  readonly userId: string;
  readonly purpose: Purpose;
}

/** `user-agent` for a given package version. */
export function userAgent(version: string): string {
  return `peakproof/${version} (synthetic)`;
}

/** The tag as header lines in insertion order. `traceparent` must be made by the caller, since it differs per request. */
export function tagHeaders(tag: Tag, traceparent: string, version: string, names = defaultTagHeaders): Record<string, string> {
  return {
    [names.run]: tag.runId,
    [names.user]: tag.userId,
    [names.purpose]: tag.purpose,
    baggage: `synthetic.run=${tag.runId},synthetic.user=${tag.userId},synthetic.purpose=${tag.purpose}`,
    traceparent,
    "user-agent": userAgent(version),
  };
}

/** The tag of a request that no synthetic user sends, the n-th of its purpose: a sweep call, a lane's round, a scrape. */
export function ownTagHeaders(
  runId: string,
  purpose: Purpose,
  number: number,
  version: string,
  names = defaultTagHeaders,
): Record<string, string> {
  return tagHeaders({ runId, userId: "-", purpose }, traceparentOf(runId, purpose, number), version, names);
}

/** `traceparent` of a run's n-th such request: one trace per run and purpose, a span for each request, not sampled. */
export function traceparentOf(runId: string, purpose: Purpose, number: number): string {
  const words = [runId, `${runId}.trace`, purpose, `${runId}.${purpose}`].map(seedOf);
  const seed = seedOf(`${runId}.${purpose}`);
  return `00-${words.map(hex8).join("")}-${hex8(mix(seed, streams.trace, number))}${hex8(mix(seed, streams.spread, number))}-00`;
}

function hex8(word: number): string {
  return word.toString(16).padStart(8, "0");
}
