import { defaultTagHeaders } from "../model/tags.ts";
import { bodyFaults } from "./body-faults.ts";
import type { Field } from "./fields.ts";
import { describe, fieldFault, type InputFault } from "./input-fault.ts";
import { show } from "./show.ts";
import { nearest } from "./similar.ts";

/** Bounds of one request's head. Servers refuse longer ones (8 KB is the usual limit). */
const headLimits = { pathCharacters: 8_000, headers: 64, headerCharacters: 8_000 } as const;

/** Bodies whose type we say ourselves. */
const typedBodies = ["json", "form", "multipart"] as const;
const keys = ["method", "path", "headers", ...typedBodies, "body"] as const;
const framing = ["host", "connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect"];
const marking = ["baggage", "traceparent", "user-agent", ...Object.values(defaultTagHeaders)];
/** Headers, in lower case, that frame the message or mark it as synthetic: they are ours, and a second one would be a lie. */
export const ownHeaders: ReadonlySet<string> = new Set([...framing, ...marking]);

/** Whether a value is a path that can be asked for. Of any length: what a server takes is for it to say. */
export function isPath(value: unknown): value is string {
  return typeof value === "string" && value.charCodeAt(0) === 0x2f && !/[^!"$-~]/.test(value);
}

/** Whether a value is a method that can be sent. */
export function isMethod(value: unknown): value is string {
  return typeof value === "string" && /^[A-Z][A-Z-]{0,15}$/.test(value) && value !== "CONNECT";
}

const path: Field = {
  accepts: (value) => isPath(value) && value.length <= headLimits.pathCharacters,
  expected: 'a path that begins with "/", in printable ASCII without blanks or "#", of at most 8,000 characters',
  write: "path: `/codes/${encodeURIComponent(id)}`",
};
const method: Field = {
  accepts: isMethod,
  expected: "an HTTP method in capitals, other than CONNECT",
  write: 'method: "POST"',
};
const headerValue: Field = {
  accepts: (value) => typeof value === "string" && /^[\t -~]*$/.test(value) && value.length <= headLimits.headerCharacters,
  expected: "printable ASCII without line breaks, of at most 8,000 characters",
  write: "a text, with anything else through encodeURIComponent",
};
const userId: Field = {
  accepts: (value) => typeof value === "string" && /^[!#-+\--:<-[\]-~]{1,128}$/.test(value),
  expected: "1 to 128 characters of printable ASCII without blanks, commas, semicolons, quotes or backslashes",
  write: "an id such as c1-00000042",
};

/**
 * What is wrong with what a `request()` or `undo()` returned, a line each; empty for one that can be sent. Line breaks in a
 * path or a header would let a user's data forge a second request, so they are refused here and not escaped.
 */
export function shapeFaults(shape: unknown): string[] {
  if (typeof shape !== "object" || shape === null || shape instanceof Promise) {
    return [describe({ path: "request", received: show(shape), expected: "an object", fix: "request: () => ({ path: '/' })" })];
  }
  const entries = shape as Record<string, unknown>;
  const faults = [
    ...Object.keys(entries).flatMap(keyFaults),
    ...leafFaults("path", entries["path"], path),
    ...(entries["method"] === undefined ? [] : leafFaults("method", entries["method"], method)),
    ...headersFaults(
      entries["headers"],
      typedBodies.find((kind) => entries[kind] !== undefined),
    ),
    ...bodyFaults(entries),
  ];
  return faults.map(describe);
}

/** What is wrong with a user that a source made, a line each: the id goes into headers and W3C Baggage. */
export function userFaults(user: unknown): string[] {
  const id = typeof user === "object" && user !== null ? (user as Record<string, unknown>)["id"] : undefined;
  return leafFaults("user.id", id, userId).map(describe);
}

function leafFaults(at: string, value: unknown, field: Field): InputFault[] {
  return field.accepts(value) ? [] : [fieldFault(at, value, field)];
}

function keyFaults(key: string): InputFault[] {
  if ((keys as readonly string[]).includes(key)) return [];
  const meant = nearest(key, keys);
  return [
    { path: key, received: "an unknown key", expected: `one of ${keys.join(", ")}`, fix: meant ?? "one of these, or nothing" },
  ];
}

function headersFaults(headers: unknown, typed: TypedBody | undefined): InputFault[] {
  if (headers === undefined) return [];
  if (!isHeaderList(headers)) {
    const expected = `an object of at most ${headLimits.headers} headers`;
    return [{ path: "headers", received: show(headers), expected, fix: 'headers: { accept: "application/json" }' }];
  }
  return Object.entries(headers).flatMap(([name, value]) =>
    headerNameFaults(name, typed).concat(leafFaults(`headers.${show(name).slice(1, -1)}`, value, headerValue)),
  );
}

function isHeaderList(headers: unknown): headers is object {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) return false;
  return Object.keys(headers).length <= headLimits.headers;
}

function headerNameFaults(name: string, typed: TypedBody | undefined): InputFault[] {
  const path = "headers";
  // A token of RFC 9110, section 5.6.2.
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
    return [{ path, received: show(name), expected: "a header name", fix: "letters, digits and hyphens" }];
  }
  if (ownHeaders.has(name.toLowerCase())) {
    return [{ path, received: show(name), expected: "no header that Peakproof sets itself", fix: "nothing" }];
  }
  if (typed !== undefined && name.toLowerCase() === "content-type") {
    const fix = typed === "json" ? "body: JSON.stringify(...) to keep it" : "body to keep it, encoded as you like";
    return [{ path, received: `${show(name)} beside ${typed}`, expected: "one of the two", fix }];
  }
  return [];
}

type TypedBody = (typeof typedBodies)[number];
