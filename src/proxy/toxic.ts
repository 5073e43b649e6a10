/** A toxic as data: what the API takes and gives. Names, attributes and defaults are Toxiproxy's (its README, "Toxics"). */
import { apiErrors } from "./api-error.ts";

/** Attributes of each type: all whole numbers, 0 where not given. Milliseconds, but for a slicer's delay, which is microseconds. */
const attributesOf = {
  /** Delays all data by latency +/- jitter. */
  latency: ["latency", "jitter"],
  /** Kilobytes per second; 0: no limit. */
  bandwidth: ["rate"],
  /** Drops all data and closes after so long without any; 0: when the toxic is removed. */
  timeout: ["timeout"],
  /** Resets the connection so long after the first data. */
  reset_peer: ["timeout"],
  /** Delays the end of the stream. */
  slow_close: ["delay"],
  /** Cuts data into pieces of about that size, with a pause after each. */
  slicer: ["average_size", "size_variation", "delay"],
  /** Closes after so many bytes. */
  limit_data: ["bytes"],
} as const satisfies Record<string, readonly string[]>;

export type ToxicType = keyof typeof attributesOf;
export type Direction = "upstream" | "downstream";

export interface Toxic {
  readonly attributes: Readonly<Record<string, number>>;
  readonly name: string;
  readonly type: ToxicType;
  readonly stream: Direction;
  /** Share of connections that it affects. */
  readonly toxicity: number;
}

/** A toxic out of a request's body. Throws ApiError. */
export function parseToxic(body: unknown): Toxic {
  const { type, name, stream = "downstream", toxicity = 1, attributes } = objectOf(body, "an object");
  const direction = typeof stream === "string" ? stream.toLowerCase() : "";
  if (direction !== "upstream" && direction !== "downstream") throw apiErrors.invalidStream();
  if (typeof type !== "string" || !isType(type)) throw apiErrors.invalidType();
  if (name !== undefined && typeof name !== "string") throw apiErrors.badBody("name must be a string");
  return {
    attributes: { ...defaultsOf(type), ...numbersOf(type, attributes) },
    name: name === undefined || name === "" ? `${type}_${direction}` : name,
    type,
    stream: direction,
    toxicity: shareOf(toxicity),
  };
}

/** A toxic with what the body of an update names changed: attributes and toxicity only, as in Toxiproxy. Throws ApiError. */
export function updateToxic(toxic: Toxic, body: unknown): Toxic {
  const { toxicity = toxic.toxicity, attributes } = objectOf(body, "an object");
  return {
    ...toxic,
    attributes: { ...toxic.attributes, ...numbersOf(toxic.type, attributes) },
    toxicity: shareOf(toxicity),
  };
}

/** A JSON object's fields. Throws ApiError. */
export function objectOf(value: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw apiErrors.badBody(`expected ${expected}`);
  return value as Readonly<Record<string, unknown>>;
}

function isType(type: string): type is ToxicType {
  return Object.hasOwn(attributesOf, type);
}

function defaultsOf(type: ToxicType): Record<string, number> {
  return Object.fromEntries(attributesOf[type].map((attribute) => [attribute, 0]));
}

/** Attributes that the type does not have are passed over, as Toxiproxy does. */
function numbersOf(type: ToxicType, attributes: unknown): Record<string, number> {
  if (attributes === undefined || attributes === null) return {};
  const given = objectOf(attributes, "attributes: an object");
  const known = attributesOf[type].filter((attribute) => given[attribute] !== undefined);
  return Object.fromEntries(known.map((attribute) => [attribute, wholeOf(attribute, given[attribute])]));
}

function wholeOf(attribute: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw apiErrors.badBody(`attributes.${attribute} must be a whole number of at least 0`);
}

function shareOf(value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw apiErrors.badBody("toxicity must be a number from 0 to 1");
}
