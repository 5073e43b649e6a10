/** The public routes: one line each. */
import { addCheckin, readCheckin } from "./checkins.ts";
import { addCitizen } from "./citizens.ts";
import { readCode } from "./codes.ts";
import type { Handler } from "./exchange.ts";
import { addReport, findReport, readReport, readResult, removeReport } from "./reports.ts";
import { ApiError } from "./reply.ts";
import { idPattern } from "./validation.ts";

/** One path and method. */
export interface Route {
  readonly method: string;
  /** Also the `route` label of the metrics. At most one parameter, at the end. */
  readonly path: string;
  /** Whether the gateway's limit counts it: what the crowd calls, but neither probes nor registration by the operator. */
  readonly limited: boolean;
  readonly takesBody: boolean;
  readonly handle: Handler;
}

/** A route with its parameter; empty where it has none. */
export interface Match {
  readonly route: Route;
  readonly id: string;
}

const ok: Handler = () => ({ status: 200, body: { status: "ok" } });

/** Everything that the public port answers. */
export const routes: readonly Route[] = [
  { method: "GET", path: "/codes/:id", limited: true, takesBody: false, handle: readCode },
  { method: "POST", path: "/checkins", limited: true, takesBody: true, handle: addCheckin },
  { method: "GET", path: "/checkins/:id", limited: true, takesBody: false, handle: readCheckin },
  { method: "POST", path: "/reports", limited: true, takesBody: true, handle: addReport },
  { method: "GET", path: "/reports", limited: true, takesBody: false, handle: findReport },
  { method: "GET", path: "/reports/:id", limited: true, takesBody: false, handle: readReport },
  { method: "DELETE", path: "/reports/:id", limited: true, takesBody: false, handle: removeReport },
  { method: "GET", path: "/lab-results/:id", limited: true, takesBody: false, handle: readResult },
  { method: "POST", path: "/citizens", limited: false, takesBody: true, handle: addCitizen },
  { method: "GET", path: "/ping", limited: false, takesBody: false, handle: ok },
  { method: "GET", path: "/healthz", limited: false, takesBody: false, handle: ok },
];

/** Keyed by the path up to its parameter (`/codes/`), then by method. */
const byStem = new Map<string, Map<string, Route>>();
for (const route of routes) {
  const stem = route.path.replace(":id", "");
  byStem.set(stem, (byStem.get(stem) ?? new Map<string, Route>()).set(route.method, route));
}

/** The route of a request. Throws ApiError 404, 405, or 400 for an id that is none. */
export function matchRoute(method: string, url: string): Match {
  const path = pathOf(url);
  const stemEnd = path.indexOf("/", 1) + 1;
  const stem = stemEnd === 0 ? path : path.slice(0, stemEnd);
  const methods = byStem.get(stem);
  if (methods === undefined) throw new ApiError(404, "no_such_route", "there is nothing at this path");
  const route = methods.get(method);
  if (route === undefined) {
    throw new ApiError(405, "method_not_allowed", "this path has other methods", {
      headers: { allow: [...methods.keys()].join(", ") },
    });
  }
  const id = stemEnd === 0 ? "" : path.slice(stemEnd);
  if (stemEnd !== 0 && !idPattern.test(id))
    throw new ApiError(400, "invalid_id", "an id has 1 to 64 letters, digits, dots, hyphens or underscores");
  return { route, id };
}

function pathOf(url: string): string {
  const queryAt = url.indexOf("?");
  return queryAt === -1 ? url : url.slice(0, queryAt);
}
