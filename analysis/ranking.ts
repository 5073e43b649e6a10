/** From what each rule says to the findings a reader gets: gates first, then problems by what they explain. */
import type { Finding, FindingCode, Verdict } from "../src/model/finding.ts";
import { formatShare } from "../src/model/units.ts";
import { evidence, type Rule, type Ruling } from "./rule.ts";
import { allCores } from "./rules/all-cores.ts";
import { externalInterference } from "./rules/external-interference.ts";
import { generatorLimited } from "./rules/generator-limited.ts";
import { healthy } from "./rules/healthy.ts";
import { queueBacklog } from "./rules/queue-backlog.ts";
import { rateQuota } from "./rules/rate-quota.ts";
import { singleCore } from "./rules/single-core.ts";
import { testInvalid } from "./rules/test-invalid.ts";
import { thirdParty } from "./rules/third-party.ts";
import { unknown } from "./rules/unknown.ts";
import { writesDuplicated } from "./rules/writes-duplicated.ts";
import { writesLost } from "./rules/writes-lost.ts";
import type { View } from "./view.ts";

/** Either makes every other cause meaningless: the load or the test was not what it was meant to be. Heavier first. */
const gates: readonly Rule[] = [testInvalid, generatorLimited];
const causes: readonly Rule[] = [singleCore, allCores, rateQuota, thirdParty, queueBacklog, externalInterference];
/** What is wrong whether or not a limit was missed, and whatever became of the load: no cause of the one, and no rival of causes. */
const wrongs: readonly Rule[] = [writesLost, writesDuplicated];

/** Two problems whose explained shares differ by less cannot be told apart. Diagnosis 2.0: margin 0.2. */
const marginMin = 0.2;
/** A cause that explains less of a missed limit is not the answer to it, though it is still told. A guess. */
const explainedMin = 0.2;

/** A queue grows because its consumers wait for one of these, so the two are no rivals. */
const parents: Partial<Record<FindingCode, readonly FindingCode[]>> = {
  QUEUE_BACKLOG: ["SINGLE_CORE_SATURATED", "ALL_CORES_SATURATED", "THIRD_PARTY_LATENCY", "EXTERNAL_INTERFERENCE"],
};

/** The findings in order, and what the other rules said. */
export interface Ranking extends Pick<Verdict, "findings" | "ruledOut" | "notJudged"> {
  /** Of the first problem, for the answer; null where there is none. */
  readonly cause: { readonly code: FindingCode; readonly clause: string } | null;
  /** What is wrong beside it, as clauses. */
  readonly wrongs: readonly string[];
}

interface Yes {
  readonly finding: Finding;
  readonly clause: string;
}

/** Runs every rule and puts the findings in order. */
export function rank(view: View): Ranking {
  const rulings = [...gates, ...causes, ...wrongs].map((rule) => ({ code: rule.code, ruling: rule.judge(view) }));
  const ruledOut = rulings.flatMap(({ code, ruling }) => (ruling.verdict === "no" ? [{ code, because: ruling.because }] : []));
  const unjudged = rulings.flatMap(({ code, ruling }) =>
    ruling.verdict === "not-enough-evidence" ? [{ code, missing: ruling.missing }] : [],
  );
  const isWrong = ({ finding }: Yes): boolean => wrongs.some(({ code }) => code === finding.code);
  const all = rulings.flatMap(({ ruling }) => yesOf(ruling));
  const found = all.filter((one) => !isWrong(one));
  const wrong = all.filter(isWrong);
  const gate = found.find((one) => isGate(view, one));
  const gated = gate === undefined ? [] : found.filter((one) => one !== gate && one.finding.severity !== "information");
  const problems = gate === undefined ? problemsOf(view, found) : [gate];
  const rest = found.filter((one) => one.finding.severity === "information");
  const told = [...problems.filter(isProblem), ...wrong, ...problems.filter((one) => !isProblem(one)), ...rest];
  const first = problems.find(isProblem);
  return {
    findings: told.map((one) => one.finding),
    ruledOut,
    notJudged: [
      ...unjudged,
      ...gated.map((one) => ({ code: one.finding.code, missing: `a run without ${gate?.finding.code ?? ""}: that comes first` })),
    ],
    cause: first === undefined ? null : { code: first.finding.code, clause: first.clause },
    wrongs: wrong.map((one) => one.clause),
  };
}

function isProblem({ finding }: Yes): boolean {
  return finding.severity === "problem";
}

function yesOf(ruling: Ruling): Yes[] {
  return ruling.verdict === "yes" ? [{ finding: ruling.finding, clause: ruling.clause }] : [];
}

/** The generator gates the rest only where a limit was missed with its help: a queue seen growing elsewhere still grew. */
function isGate(view: View, { finding }: Yes): boolean {
  if (finding.severity !== "problem") return false;
  if (finding.code === "TEST_INVALID") return true;
  return finding.code === "GENERATOR_LIMITED" && (view.failing !== null || view.base?.standing === "void");
}

/**
 * Problems by what they explain, headed by AMBIGUOUS where two are level and by UNKNOWN where a limit was missed and none of them explains
 * it; HEALTHY where nothing is wrong.
 */
function problemsOf(view: View, found: readonly Yes[]): Yes[] {
  const problems = found
    .filter((one) => one.finding.severity === "problem")
    .toSorted((a, b) => b.finding.explains - a.finding.explains);
  const [first, second] = problems;
  if (first === undefined) return [...yesOf(unknown.judge(view)), ...yesOf(healthy.judge(view))];
  if (first.finding.explains < explainedMin) return [...yesOf(unknown.judge(view)), ...problems];
  const level = second !== undefined && view.failing !== null && areLevel(first.finding, second.finding);
  return level ? [ambiguous(first, second), ...problems] : problems;
}

function areLevel(first: Finding, second: Finding): boolean {
  if (first.explains - second.explains >= marginMin) return false;
  const related = parents[first.code]?.includes(second.code) ?? parents[second.code]?.includes(first.code) ?? false;
  return !related;
}

function ambiguous(first: Yes, second: Yes): Yes {
  const both = [first.finding, second.finding];
  return {
    finding: {
      code: "AMBIGUOUS",
      severity: "problem",
      confidence: 0.5, // a guess
      explains: first.finding.explains,
      evidence: both.map(({ code, explains }) =>
        evidence(`${code} explains`, explains, null, "share", "the step that missed a limit"),
      ),
      advice:
        `${both.map(({ code, explains }) => `${code} (${formatShare(explains)})`).join(" and ")} explain about as much. Remove one of them ` +
        "(a stub for a third party, a raised quota, a second worker) and run the same step again: what stays is the other.",
    },
    clause: `either ${first.clause}, or ${second.clause}`,
  };
}
