/** The judge: a run record in, a verdict out. No clock, no file, no network, so that any record can be judged again anywhere. */
import { verdictSchema, type Verdict } from "../src/model/finding.ts";
import type { RunRecord } from "../src/model/record.ts";
import { answerOf } from "./answer.ts";
import { judgeBudgets } from "./budgets.ts";
import { capacityOf } from "./capacity.ts";
import { rank } from "./ranking.ts";
import { validityOf } from "./validity.ts";
import { viewOf } from "./view.ts";

export { gradeValidity } from "./validity.ts";

/** Judges a run, finished or not. Never throws on a record that lacks series, vitals, lanes or steps: it says what it could not judge. */
export function analyze(record: RunRecord): Verdict {
  const view = viewOf(record);
  const validity = validityOf(view);
  const ranking = rank(view);
  const answer = answerOf(view, ranking, validity);
  return {
    schema: verdictSchema,
    runId: record.run.runId,
    answer,
    findings: ranking.findings,
    ruledOut: ranking.ruledOut,
    notJudged: ranking.notJudged,
    capacity: capacityOf(view, answer, validity),
    budgets: judgeBudgets(view),
  };
}
