/** The leaves of `operations` and `journeys`. */
import { distinct, durationUs, integer, isBoolean, isFunction, list, number, oneOf, text } from "./accept.ts";
import { limits } from "./limits.ts";

const isStatus = integer(100, 599);
const think = durationUs(0, limits.thinkUs);

/**
 * An error key or a whole phase of them: `status:429`, `connect`, `timeout:reading`, `check:named`. What never left us (`unsent`) and
 * what we gave up ourselves (`aborted`) is nothing to try again for, and where a redirect leads is no better the next time.
 */
const errorKey = /^(?:status(?::[1-5]\d\d)?|(?:connect|tls|sent|reading|timeout|check)(?::[\w-]{1,64})?)$/;

export const operationFields = {
  kind: { accepts: oneOf("read", "write"), expected: '"read" or "write"', write: 'kind: "read"' },
  weight: {
    accepts: number((value) => value >= 0),
    expected: "a number of at least 0",
    write: "weight: 1, or 0 for no arrivals of its own",
  },
  request: {
    accepts: isFunction,
    expected: "a function (user, at) that returns { method, path, headers, json }",
    write: "request: (user) => ({ path: `/codes/${user.id}` })",
  },
  status: {
    accepts: (value: unknown) => isStatus(value) || (list(isStatus, 500)(value) && Array.isArray(value) && value.length > 0),
    expected: "an HTTP status from 100 to 599, or a list of them",
    write: "expect: { status: [200, 404] }",
  },
  check: {
    accepts: isFunction,
    expected: "a function (reply) that returns true or false",
    write: "checks: { named: (reply) => reply.json.name !== undefined }",
  },
  created: { accepts: isFunction, expected: "a function (reply) that returns an id", write: "created: (reply) => reply.json.id" },
  undo: {
    accepts: isFunction,
    expected: "a function (id) that returns a request",
    write: 'undo: (id) => ({ method: "DELETE", path: `/reports/${id}` })',
  },
  readBack: {
    accepts: isFunction,
    expected: "a function (written, user) that returns a request",
    write: "readBack: ({ id }) => ({ path: `/reports/${id}` })",
  },
  applied: {
    accepts: isFunction,
    expected: "a function (reply) that returns how often the write was applied",
    write: "applied: (reply) => reply.json.count",
  },
  connection: { accepts: oneOf("keep-alive", "fresh"), expected: '"keep-alive" or "fresh"', write: 'connection: "fresh"' },
  redirects: {
    accepts: integer(0, limits.redirects),
    expected: `a whole number from 0 to ${limits.redirects}`,
    write: "redirects: 3",
  },
  attempts: {
    accepts: integer(2, limits.attempts),
    expected: `a whole number from 2 to ${limits.attempts}, the first attempt included`,
    write: "attempts: 3",
  },
  retryOn: {
    accepts: distinct(
      text((value) => errorKey.test(value)),
      50,
    ),
    expected: "a list of error keys, or of phases: status, connect, tls, sent, reading, timeout, check",
    write: 'on: ["status:503", "connect", "timeout:reading"]',
  },
  backoff: {
    accepts: oneOf("none", "fixed", "exponential"),
    expected: '"none", "fixed" or "exponential"',
    write: 'backoff: "exponential"',
  },
  retryBase: { accepts: durationUs(0, limits.deadlineUs), expected: "a duration up to 10m", write: 'base: "100ms"' },
  retryMax: { accepts: durationUs(0, limits.deadlineUs), expected: "a duration up to 10m", write: 'max: "10s"' },
  jitter: {
    accepts: number((value) => value >= 0 && value <= 1),
    expected: "the part of each wait that is drawn at random, 0 to 1",
    write: "jitter: 1",
  },
  retryAfter: { accepts: isBoolean, expected: "true or false", write: "retryAfter: true" },
  attemptDeadline: {
    accepts: durationUs(1_000, limits.deadlineUs),
    expected: "a duration from 1ms to 10m",
    write: 'attemptDeadline: "2s"',
  },
  retryBudget: {
    accepts: number((value) => value > 0 && value <= limits.attempts),
    expected: `retries as a share of first attempts, above 0 and at most ${limits.attempts}`,
    write: "budget: 0.1",
  },
  stepOperation: {
    accepts: (value: unknown) => typeof value === "string" && value !== "",
    expected: "the name of an operation",
    write: 'operation: "scan"',
  },
  think: {
    accepts: (value: unknown) => think(value) || (list(think, 2)(value) && Array.isArray(value) && value.length === 2),
    expected: "a duration up to 1h, or two of them: the shortest and the longest",
    write: 'think: "1s", or think: ["500ms", "2s"]',
  },
  when: {
    accepts: isFunction,
    expected: "a function (carried) that returns true or false",
    write: 'when: (carried) => carried.status !== "green"',
  },
  carry: {
    accepts: isFunction,
    expected: "a function (reply, carried) that returns what later steps need",
    write: "carry: (reply) => ({ reportId: reply.json.id })",
  },
  cookies: { accepts: isBoolean, expected: "true or false", write: "cookies: false" },
} as const;
