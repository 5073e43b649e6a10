/** What a status other than 200 means to a sweep, and what its reader can do about it. */
import { StoreFault } from "../store.ts";

export interface Refusal {
  /** `DELETE http://...`. */
  readonly where: string;
  readonly status: number;
  readonly retryAfter: string | null;
  readonly location: string | null;
  readonly tokenFrom: string | null;
  /** Free of secrets. */
  readonly body: string;
}

/** Statuses that pass: the target, or a gateway before it, is busy or restarting. The calls are idempotent, so all may be repeated. */
const passing: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether the same call may be answered otherwise a little later. */
export function isPassing(status: number): boolean {
  return passing.has(status);
}

/** The StoreFault for a refused call. Kind `usage` where the scenario or the environment must change, else `unreachable`. */
export function refusalOf(refusal: Refusal): StoreFault {
  const { where, status } = refusal;
  const received = refusal.body.slice(0, 200);
  if (status === 401 || status === 403) return refusedToken(refusal, received);
  if (status === 404 || status === 405) {
    return new StoreFault("usage", `${where} is not there (status ${status})`, {
      detail: {
        received,
        expected: "the target's cleanup endpoint",
        fix: "check admin and the paths of cleanup.http in the scenario",
      },
    });
  }
  if (status >= 300 && status < 400) {
    return new StoreFault("usage", `${where} redirects (status ${status}), which a DELETE must not follow`, {
      detail: { received: refusal.location ?? received, fix: "write the final address into admin and cleanup.http.path" },
    });
  }
  return new StoreFault("unreachable", `${where} answered ${status}`, {
    transient: isPassing(status),
    retryAfterUs: parseRetryAfterUs(refusal.retryAfter, Date.now()),
    detail: { received, expected: "status 200" },
  });
}

function refusedToken({ where, status, tokenFrom }: Refusal, received: string): StoreFault {
  const fix =
    tokenFrom === null
      ? 'name the token in the scenario: cleanup: { http: { token: "env:NAME" } }'
      : `put the admin API's token into the environment variable ${tokenFrom}`;
  return new StoreFault(
    "usage",
    `${where} refused ${tokenFrom === null ? "a call without a token" : `the token of ${tokenFrom}`} (status ${status})`,
    {
      detail: { received, expected: "a bearer token that may read and delete synthetic rows", fix },
    },
  );
}

/** `Retry-After` in microseconds: seconds or an HTTP date (RFC 9110, section 10.2.3); null where it is absent or unreadable. */
export function parseRetryAfterUs(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000_000;
  const atMs = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, (atMs - nowMs) * 1_000);
}
