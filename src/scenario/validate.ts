import type { z } from "zod";
import { crossFaults } from "./cross-faults/index.ts";
import type { Field } from "./fields.ts";
import { fieldFault, type InputFault } from "./input-fault.ts";
import { show } from "./show.ts";
import { nearest } from "./similar.ts";

/**
 * Everything that is wrong with a scenario, at once; empty for one that can be used. `raw` is whatever a file's default export
 * gave. Beyond shapes, see `cross-faults/`.
 */
export async function scenarioFaults(raw: unknown): Promise<InputFault[]> {
  const { scenarioSchema } = await import("./schema.ts");
  const issues = scenarioSchema.safeParse(raw, { reportInput: true }).error?.issues ?? [];
  return [...issues.flatMap(faultsOf), ...crossFaults(raw)];
}

function faultsOf(issue: z.core.$ZodIssue): InputFault[] {
  const path = pathText(issue.path);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(issue.path, key, issue.message.split(" ")));
  if (issue.code === "custom") return [fieldFault(path, issue.input, issue.params?.["field"] as Field)];
  const expected = issue.code === "invalid_type" && issue.expected === "array" ? "a list" : "an object";
  return [{ path: path || "the default export", received: show(issue.input), expected, fix: issue.message }];
}

/** The value of an unknown key is not shown: it may be a secret in the wrong place. */
function unknownKey(path: readonly PropertyKey[], key: string, known: readonly string[]): InputFault {
  return {
    path: pathText([...path, key]),
    received: "an unknown key",
    expected: `one of ${known.join(", ")}`,
    fix: nearest(key, known) ?? "one of these, or nothing",
  };
}

/** `operations.scan.weight`, `operations["my scan"].weight`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (/^[\w$-]+$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(key)}]`))
    .join("")
    .replace(/^\./, "");
}
