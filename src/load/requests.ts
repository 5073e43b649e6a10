import { Fault, messageOf } from "../model/fault.ts";
import { mix, seedOf, streams } from "../model/random.ts";
import type { At, Operation, RequestShape, ScenarioInput, SyntheticUser } from "../model/scenario.ts";
import { defaultTagHeaders, tagHeaders, type Purpose } from "../model/tags.ts";
import { requestRandom } from "../pace/schedule.ts";
import { version } from "../version.ts";

/** One request as bytes-to-be and what its sender needs to know of it. */
export interface BuiltRequest {
  readonly text: string;
  /** `latin1` for a request without a body, which is ASCII and which the socket writes fastest. */
  readonly encoding: "latin1" | "utf8";
  readonly method: string;
  readonly path: string;
  readonly traceId: string;
  /** The `idempotency-key` header, where the operation sends one. */
  readonly key: string | undefined;
}

/** Makes requests for one run: everything that does not change from one to the next is joined once. */
export class RequestBuilder {
  readonly #scenario: ScenarioInput;
  readonly #operations: readonly Operation[];
  readonly #seed: number;
  readonly #runId: string;
  readonly #host: string;
  readonly #traceStem: string;
  readonly #spanSeed: number;

  constructor(scenario: ScenarioInput, options: { readonly runId: string; readonly seed: number; readonly target: string }) {
    this.#scenario = scenario;
    this.#operations = Object.values(scenario.operations);
    this.#seed = options.seed;
    this.#runId = options.runId;
    this.#host = new URL(options.target).host;
    this.#traceStem = hex(seedOf(options.runId), 8) + hex(seedOf(`${options.runId}.trace`), 8);
    this.#spanSeed = seedOf(`${options.runId}.span`);
  }

  user(index: number): SyntheticUser {
    return this.#scenario.users.user(this.#seed, index);
  }

  at(index: number, dueUs: number): At {
    return { index, dueMs: dueUs / 1_000, random: requestRandom(this.#seed, index) };
  }

  /** What the scenario asks for; throws what the scenario's own function throws. */
  shape(operation: number, user: SyntheticUser, at: At): RequestShape {
    const definition = this.#operations[operation];
    if (definition === undefined) throw new RangeError(`no operation ${operation}`);
    return definition.request(user, at);
  }

  /** The request of one arrival. Throws a usage Fault, naming operation and user, where the scenario makes none that can be sent. */
  build(operation: number, userIndex: number, index: number, dueUs: number, purpose: Purpose): BuiltRequest {
    try {
      const user = this.user(userIndex);
      return this.bytes(this.shape(operation, user, this.at(index, dueUs)), user.id, index, purpose);
    } catch (thrown) {
      const name = Object.keys(this.#scenario.operations)[operation] ?? "?";
      const fix = "a request depends on its user and its `at` alone; see what that user's look like";
      throw new Fault(
        "usage",
        `request() of "${name}" failed for user ${userIndex}: ${messageOf(thrown)}`,
        { fix },
        { cause: thrown },
      );
    }
  }

  /** A shape as HTTP/1.1 text, tagged. Throws RangeError where a part of it could forge a header or a request of its own. */
  bytes(shape: RequestShape, userId: string, index: number, purpose: Purpose): BuiltRequest {
    const method = shape.method ?? "GET";
    if (unsafe.test(method) || unsafe.test(shape.path))
      throw new RangeError("method and path must be printable ASCII without blanks");
    if (unsafe.test(userId)) throw new RangeError("a user's id must be printable ASCII without blanks");
    const traceId = this.#traceStem + hex(Math.floor(index / 0x1_0000_0000) >>> 0, 8) + hex(index >>> 0, 8);
    const spanId = hex(mix(this.#spanSeed, streams.trace, index), 8) + hex(mix(this.#spanSeed, streams.spread, index), 8);
    const tag = tagHeaders({ runId: this.#runId, userId, purpose }, `00-${traceId}-${spanId}-00`, version, defaultTagHeaders);
    const body = bodyOf(shape);
    let head = `${method} ${shape.path} HTTP/1.1\r\nhost: ${this.#host}\r\n`;
    for (const name in tag) head += `${name}: ${tag[name]}\r\n`;
    let key: string | undefined;
    for (const name in shape.headers) {
      const value = shape.headers[name] ?? "";
      if (unsafe.test(name) || unsafeValue.test(value))
        throw new RangeError(`the header ${JSON.stringify(name)} must be printable ASCII`);
      head += `${name}: ${value}\r\n`;
      if (name.toLowerCase() === "idempotency-key") key = value;
    }
    if (body === null && bodyMethods.has(method)) head += "content-length: 0\r\n";
    if (body !== null) {
      if (shape.json !== undefined) head += "content-type: application/json\r\n";
      head += `content-length: ${Buffer.byteLength(body)}\r\n`;
    }
    return {
      text: `${head}\r\n${body ?? ""}`,
      encoding: body === null ? "latin1" : "utf8",
      method,
      path: shape.path,
      traceId,
      key,
    };
  }
}

/** Anything but printable ASCII: line breaks forge requests, and what is beyond Latin-1 is cut down to them on the wire. */
const unsafe = /[^\u0021-\u007e]/;
const unsafeValue = /[^\t\u0020-\u007e]/;

/** Methods whose requests have a body by nature: an absent one must be announced (RFC 9110, section 8.6). */
const bodyMethods = new Set(["POST", "PUT", "PATCH"]);

function bodyOf(shape: RequestShape): string | null {
  if (shape.json !== undefined) return JSON.stringify(shape.json);
  return shape.body ?? null;
}

function hex(word: number, digits: number): string {
  return word.toString(16).padStart(digits, "0");
}
