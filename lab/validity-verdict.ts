import type { Summary } from "../src/model/summary.ts";
import type { ValidityCase } from "./validity-cases.ts";

/** Whom a run blamed, and whether it was the right one. */
export interface ValidityVerdict {
  readonly isRight: boolean;
  /** `lower-bound: At 3x ...`. */
  readonly said: string;
}

/**
 * A short generator must be named, and the run not be valid; a slow target must leave the run valid, without a word about the generator,
 * and must be seen to have been slow.
 */
export function judgeCase({ shortage }: ValidityCase, { validity, findings, answer }: Summary): ValidityVerdict {
  const blamesGenerator = findings.some(({ code }) => code === "GENERATOR_LIMITED");
  const namesGenerator = validity.reasons.some((reason) => reason.includes("the load generator was the limit"));
  const said = `${validity.grade}: ${validity.reasons[0] ?? answer.sentence}`;
  if (shortage !== null) return { isRight: validity.grade !== "valid" && namesGenerator && blamesGenerator, said };
  return { isRight: validity.grade === "valid" && !blamesGenerator && answer.breaksAt !== null, said };
}
