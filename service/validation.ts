/** Checks a body field by field and then lists every fault at once. */
import { ApiError, type FieldFault } from "./reply.ts";

/** Ids of citizens and venues: safe in a path without escaping. */
export const idPattern = /^[\w.-]{1,64}$/;

interface TextRules {
  readonly pattern?: RegExp;
  /** Characters, at least 1. */
  readonly longest: number;
}

/** Reads fields of a body; after the last one `done` throws ApiError 400 with all that was wrong. */
export class Fields {
  readonly #body: Record<string, unknown>;
  readonly #faults: FieldFault[] = [];
  readonly #read = new Set<string>();

  constructor(body: Record<string, unknown>) {
    this.#body = body;
  }

  /** An id: 1 to 64 letters, digits, `.`, `_`, `-`. */
  id(field: string): string {
    return this.#text(
      field,
      { pattern: idPattern, longest: 64 },
      "must be 1 to 64 letters, digits, dots, hyphens or underscores",
    );
  }

  text(field: string, rules: TextRules): string {
    return this.#text(field, rules, `must be a text of 1 to ${rules.longest} characters`);
  }

  /** Undefined where the field is not there. */
  optionalNumber(field: string, least: number, most: number): number | undefined {
    const value = this.#take(field);
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= least && value <= most) return value;
    this.#fault(field, `must be a number from ${least} to ${most}`, value);
    return undefined;
  }

  /** Empty where the field is not there. */
  optionalTexts(field: string, mostItems: number, longest: number): readonly string[] {
    const value = this.#take(field) ?? [];
    const fits = (item: unknown): item is string => isText(item, longest);
    if (Array.isArray(value) && value.length <= mostItems && value.every(fits)) return value;
    this.#fault(field, `must be a list of at most ${mostItems} texts of 1 to ${longest} characters`, value);
    return [];
  }

  /** Milliseconds since 1970 from an ISO 8601 text or such a number; undefined where the field is not there. */
  optionalInstantMs(field: string): number | undefined {
    const value = this.#take(field);
    if (value === undefined) return undefined;
    const instantMs = typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : value;
    if (typeof instantMs === "number" && Number.isSafeInteger(instantMs) && instantMs >= 0) return instantMs;
    this.#fault(field, "must be an ISO 8601 time or milliseconds since 1970", value);
    return undefined;
  }

  /** What no one has asked for, as it came. */
  rest(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this.#body).filter(([field]) => !this.#read.has(field)));
  }

  done(): void {
    if (this.#faults.length === 0) return;
    throw new ApiError(400, "invalid_body", "the body has faults", { details: this.#faults });
  }

  #text(field: string, { pattern, longest }: TextRules, problem: string): string {
    const value = this.#take(field);
    if (isText(value, longest) && (pattern?.test(value) ?? true)) return value;
    this.#fault(field, problem, value);
    return "";
  }

  #take(field: string): unknown {
    this.#read.add(field);
    return this.#body[field];
  }

  #fault(field: string, problem: string, value: unknown): void {
    const came =
      value === undefined ? "missing" : value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
    this.#faults.push({ field, problem: `${problem}; it is ${typeof value === "string" ? "another text" : came}` });
  }
}

/** Without what some stores cannot keep: NUL and halves of characters. */
function isText(value: unknown, longest: number): value is string {
  if (typeof value !== "string" || value.length === 0 || value.length > longest) return false;
  return value.isWellFormed() && !value.includes("\0");
}
