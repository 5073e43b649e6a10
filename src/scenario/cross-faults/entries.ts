import type { InputFault } from "../input-fault.ts";

export type Entries = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value's entries, or none where it is no object. */
export function entriesOf(value: unknown): Entries {
  return isObject(value) ? value : {};
}

/** The value's own, or nothing where it is no list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function fault(path: string, received: string, expected: string, fix: string): InputFault {
  return { path, received, expected, fix };
}
