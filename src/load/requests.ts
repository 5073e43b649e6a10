import { Fault, messageOf } from "../model/fault.ts";
import type { ConnectionPlan, RunPlan } from "../model/plan.ts";
import type { At, Operation, RequestShape, ScenarioInput, SyntheticUser } from "../model/scenario.ts";
import type { Purpose } from "../model/tags.ts";
import { requestRandom } from "../pace/schedule.ts";
import { isMethod, isPath } from "../scenario/request.ts";
import { encodeBody } from "./bodies.ts";
import { HeaderNames } from "./header-names.ts";
import { type JourneySession, nothingCarried } from "./journey-session.ts";
import { siteAt, sitesOf, type Site } from "./sites.ts";
import { TagLines } from "./tag-lines.ts";

/** One request as bytes-to-be and what its sender needs to know of it. */
export interface BuiltRequest {
  readonly text: string;
  /** `latin1`: one character is one byte, which the socket writes fastest. */
  readonly encoding: "latin1" | "utf8";
  readonly method: string;
  readonly path: string;
  readonly traceId: string;
  /** The `idempotency-key` header, where the operation sends one. */
  readonly key: string | undefined;
  /** Value of the scenario's own `cookie` header, to which those of a journey are added; empty where there is none. */
  readonly ownCookies: string;
  readonly site: Site;
  /** To be sent on a connection of its own. The request says so, too. */
  readonly fresh: boolean;
}

export interface BuilderOptions {
  readonly runId: string;
  readonly plan: Pick<RunPlan, "seed" | "targets" | "tags"> & {
    readonly connections: Pick<ConnectionPlan, "policy" | "protocol" | "host">;
  };
  /** What the scenario's `setup` returned. */
  readonly setup: unknown;
}

/** Makes requests for one run: everything that does not change from one to the next is joined once. */
export class RequestBuilder {
  readonly #scenario: ScenarioInput;
  readonly #operations: readonly Operation[];
  /** By operation. */
  readonly #fresh: readonly boolean[];
  readonly #seed: number;
  readonly #setup: unknown;
  readonly #sites: readonly Site[];
  readonly #tag: TagLines;
  readonly #names = new HeaderNames();
  readonly #closing: string;

  constructor(scenario: ScenarioInput, { runId, plan, setup }: BuilderOptions) {
    this.#scenario = scenario;
    this.#operations = Object.values(scenario.operations);
    this.#fresh = this.#operations.map(({ connection }) => (connection ?? plan.connections.policy) === "fresh");
    this.#seed = plan.seed;
    this.#setup = setup;
    this.#sites = sitesOf(plan.targets, plan.connections);
    this.#tag = new TagLines(runId, plan.tags);
    // HTTP/2 has no such field (RFC 9113, section 8.2.2).
    this.#closing = plan.connections.protocol === "h2" ? "" : "connection: close\r\n";
  }

  user(index: number): SyntheticUser {
    return this.#scenario.users.user(this.#seed, index);
  }

  at(index: number, dueUs: number, session: JourneySession | null): At {
    return {
      index,
      dueMs: dueUs / 1_000,
      random: requestRandom(this.#seed, index),
      setup: this.#setup,
      carried: session === null ? nothingCarried : session.carried,
    };
  }

  /** What the scenario asks for; throws what the scenario's own function throws. */
  shape(operation: number, user: SyntheticUser, at: At): RequestShape {
    const definition = this.#operations[operation];
    if (definition === undefined) throw new RangeError(`no operation ${operation}`);
    return definition.request(user, at);
  }

  /**
   * The request of one arrival, or of a journey's step. `dueUs` is since its step's start. Throws a usage Fault, naming operation and
   * user, where the scenario makes none that can be sent.
   */
  build(
    operation: number,
    userIndex: number,
    index: number,
    dueUs: number,
    purpose: Purpose,
    session: JourneySession | null,
  ): BuiltRequest {
    try {
      const user = this.user(userIndex);
      return this.bytes(operation, this.shape(operation, user, this.at(index, dueUs, session)), user.id, index, purpose, session);
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

  /**
   * A shape as HTTP/1.1 text, tagged. Throws RangeError where a part of it could forge a header, a request or an address of its own:
   * what is made of replies comes here without any other check.
   */
  bytes(
    operation: number,
    shape: RequestShape,
    userId: string,
    index: number,
    purpose: Purpose,
    session: JourneySession | null,
  ): BuiltRequest {
    const { method = "GET", path, headers } = shape;
    if (method !== "GET" && !isMethod(method)) throw new RangeError("the method must be one in capitals, other than CONNECT");
    if (!isPath(path)) throw new RangeError('the path must begin with "/" and be printable ASCII without blanks or "#"');
    if (unsafe.test(userId)) throw new RangeError("a user's id must be printable ASCII without blanks");
    const site = siteAt(this.#sites, this.#seed, index);
    const fresh = this.#fresh[operation] === true;
    const traceId = this.#tag.traceId(index);
    let head = `${method} ${path} HTTP/1.1\r\nhost: ${site.host}\r\n${this.#tag.text(userId, traceId, index, purpose)}`;
    if (fresh) head += this.#closing;
    let key: string | undefined;
    let ownCookies = "";
    for (const name in headers) {
      const value = headers[name] ?? "";
      if (unsafeValue.test(value)) throw new RangeError(`the header ${JSON.stringify(name)} must be printable ASCII`);
      const known = this.#names.of(name);
      if (known.isKey) key = value;
      if (known.isCookie) ownCookies = joinCookies(ownCookies, value);
      else head += `${known.begin}${value}\r\n`;
    }
    const cookies =
      session === null || session.cookies === null
        ? ownCookies
        : joinCookies(ownCookies, session.cookies.headerFor(site.face + path));
    if (cookies !== "") head += `cookie: ${cookies}\r\n`;
    const body = encodeBody(shape, this.#seed, index);
    if (body === null) {
      const text = bodyMethods.has(method) ? `${head}content-length: 0\r\n\r\n` : `${head}\r\n`;
      return { text, encoding: "latin1", method, path, traceId, key, ownCookies, site, fresh };
    }
    if (body.type !== null) head += `content-type: ${body.type}\r\n`;
    const text = `${head}content-length: ${body.bytes}\r\n\r\n${body.text}`;
    return { text, encoding: body.encoding, method, path, traceId, key, ownCookies, site, fresh };
  }
}

/** Anything but printable ASCII: line breaks forge requests, and what is beyond Latin-1 is cut down to them on the wire. */
const unsafe = /[^\u0021-\u007e]/;
const unsafeValue = /[^\t\u0020-\u007e]/;

/** Cookies of two sources in one value: a request may have a single `cookie` field (RFC 6265, section 5.4). */
export function joinCookies(first: string, second: string): string {
  return first === "" || second === "" ? first + second : `${first}; ${second}`;
}

/** Methods whose requests have a body by nature: an absent one must be announced (RFC 9110, section 8.6). */
const bodyMethods = new Set(["POST", "PUT", "PATCH"]);
