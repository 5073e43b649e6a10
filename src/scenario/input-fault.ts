import { show } from "./show.ts";
import type { Field } from "./fields.ts";
import { nearest } from "./similar.ts";

/** One thing wrong with a scenario or a flag. */
export interface InputFault {
  /** Where: `load.peak.ratePerSec`, `--peak`. */
  readonly path: string;
  /** As it came, in one line; never a secret. */
  readonly received: string;
  /** Completes "expected ...". */
  readonly expected: string;
  /** Completes "write ...". */
  readonly fix: string;
}

/** A value that its field does not accept. */
export function fieldFault(path: string, value: unknown, field: Field): InputFault {
  const isHidden = field.secret === true && value !== undefined;
  return { path, received: isHidden ? "a value (not shown)" : show(value), expected: field.expected, fix: field.write };
}

/** A name that is none of the known ones. `what` is what they name: "an operation". */
export function unknownName(path: string, name: string, what: string, known: readonly string[]): InputFault {
  const meant = nearest(name, known);
  const expected = known.length === 0 ? `${what}, of which there is none` : `${what}: ${known.join(", ")}`;
  return { path, received: show(name), expected, fix: meant ?? known[0] ?? "one first" };
}

/** A fault as one line. */
export function describe(fault: InputFault): string {
  return `${fault.path}: received ${fault.received}; expected ${fault.expected}; write ${fault.fix}`;
}
