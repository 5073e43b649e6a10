/** The last words in a terminal: the answer, the numbers behind it, and where to read on. */
import { join } from "node:path";
import type { Finding, Verdict } from "../model/finding.ts";
import type { RunPlan } from "../model/plan.ts";
import type { Summary } from "../model/summary.ts";
import { countOf, formatCount, formatShare } from "../model/units.ts";
import type { BudgetResult } from "../model/verdict.ts";
import { cleanCommand } from "./commands.ts";
import { painter, type Page, type Paint, type Tint } from "./paint.ts";
import { budgetNames } from "./step-names.ts";
import { codeInWords, formatBudget, formatQuantity } from "./quantity.ts";
import { exitText, type State, stateOf } from "./state.ts";
import { journeyLines, stepTable } from "./step-text.ts";
import { cleanLine, fitted, flowed, wrapped } from "./text-width.ts";
import { truthText, writesTone } from "./writes-text.ts";

/** Lines wider than this are hard to read. */
const widthMost = 110;
const widthLeast = 40;

/** What of a plan decides how its run is cleaned up. */
type CleanupPart = Pick<RunPlan, "admin" | "connections" | "cleanup">;

/** The verdict on a run for people; no line is wider than `width` cells. */
export function renderVerdict(summary: Summary, plan: CleanupPart, width: number, colours: boolean): string {
  const page = pageOf(width, colours);
  const blocks = [
    headBlock(summary, summary.answer.sentence, page),
    stepTable(summary.steps, page),
    journeyLines(summary.steps, page),
    findingBlock(summary.findings, page),
    budgetBlock(summary.budgets, page),
    canariesBlock(summary, plan, page),
    writesBlock(summary, page),
    cleanupBlock(summary, plan, page),
    validityBlock(summary, page),
    pathBlock(summary, page),
  ];
  return textOf(blocks);
}

/** A verdict alone, with what was ruled out and what could not be judged. */
export function findingsText(verdict: Verdict, width: number, colours: boolean): string {
  const page = pageOf(width, colours);
  const rest = (title: string, rows: readonly (readonly [string, string])[]): string[] =>
    rows.length === 0
      ? []
      : [
          page.paint("strong", title),
          ...rows.flatMap(([code, why]) => wrapped(`${codeInWords(code)}: ${why}`, page.width, "  ")),
        ];
  const grade = verdict.capacity.lowerBound
    ? "lower-bound"
    : verdict.findings.some(({ code }) => code === "TEST_INVALID")
      ? "invalid"
      : "valid";
  return textOf([
    headBlock({ answer: verdict.answer, validity: { grade, reasons: [] } }, verdict.answer.sentence, page),
    findingBlock(verdict.findings, page),
    budgetBlock(verdict.budgets, page),
    rest(
      "Ruled out",
      verdict.ruledOut.map(({ code, because }) => [code, because] as const),
    ),
    rest(
      "Not judged for want of evidence",
      verdict.notJudged.map(({ code, missing }) => [code, missing] as const),
    ),
  ]);
}

function pageOf(width: number, colours: boolean): Page {
  return { width: Math.min(widthMost, Math.max(widthLeast, width - 1)), paint: painter(colours) };
}

/** Blocks with an empty line between them. */
function textOf(blocks: readonly (readonly string[])[]): string {
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

const toneTint: Record<State["tone"], Tint> = { good: "good", bad: "bad", unsure: "warn" };
const toneSign: Record<State["tone"], string> = { good: "✔", bad: "✘", unsure: "–" };

function headBlock(judged: Pick<Summary, "answer" | "validity">, sentence: string, { width, paint }: Page): string[] {
  const { tone, words } = stateOf(judged);
  return [paint(toneTint[tone], `${toneSign[tone]} ${words}`), ...wrapped(sentence, width).map((line) => paint("strong", line))];
}

const severityTint: Record<Finding["severity"], Tint> = { problem: "bad", symptom: "warn", information: "quiet" };
/** Evidence shown per finding: the report has all of it. */
const evidenceMost = 3;
/** Findings shown: a problem, its symptoms and what else is worth a line. */
const findingsMost = 6;

function findingBlock(findings: readonly Finding[], page: Page): string[] {
  const more = findings.length - findingsMost;
  return [
    ...findings.slice(0, findingsMost).flatMap((finding) => findingLines(finding, page)),
    ...(more > 0 ? [`and ${countOf(more, "further finding")} in the report`] : []),
  ];
}

function findingLines({ code, severity, confidence, explains, evidence, advice }: Finding, { width, paint }: Page): string[] {
  const share = severity === "information" || explains === 0 ? "" : `, explains ${formatShare(explains)}`;
  const head = fitted(`${severity}: ${code} (confidence ${formatShare(confidence)}${share})`, width);
  const numbers = evidence.slice(0, evidenceMost).flatMap(({ signal, measured, threshold, unit, window }) => {
    const against = threshold === null ? "" : ` against ${formatQuantity(threshold, unit)}`;
    return wrapped(`${signal}: ${formatQuantity(measured, unit)}${against}, ${window}`, width, "  - ");
  });
  return [paint(severityTint[severity], head), ...numbers, ...wrapped(advice, width, "  > ")];
}

const resultTint: Record<BudgetResult["result"], Tint> = { met: "good", missed: "bad", "not-measured": "warn" };
const resultSign: Record<BudgetResult["result"], string> = { met: "✔", missed: "✘", "not-measured": "–" };

/** Each budget with its result at every step that it holds for. */
function budgetBlock(budgets: readonly BudgetResult[], { width, paint }: Page): string[] {
  const lines: string[] = [];
  for (const [text, results] of Map.groupBy(budgets, (budget) => budget.text)) {
    lines.push(fitted(`Budget ${cleanLine(text)}`, width));
    lines.push(
      ...flowed(
        budgetNames(results).map(([name, budget]) => budgetWords(name, budget, paint)),
        width,
        1,
      ),
    );
  }
  return lines;
}

function budgetWords(name: string, budget: BudgetResult, paint: Paint): string {
  return paint(resultTint[budget.result], `  ${resultSign[budget.result]} ${name}: ${measuredWords(budget)}`);
}

function measuredWords(budget: BudgetResult): string {
  if (budget.unrecoveredFrom !== undefined) return `not recovered from ${budget.unrecoveredFrom}x`;
  return budget.result === "not-measured" ? "not measured" : formatBudget(budget, budget.measured);
}

const writesTint: Record<ReturnType<typeof writesTone>, readonly [Tint, string]> = {
  good: ["good", "✔ "],
  bad: ["bad", "✘ "],
  unsure: ["warn", "– "],
};

/** Of each operation whose writes were read back, what that showed. */
function writesBlock({ writes = {} }: Summary, { width, paint }: Page): string[] {
  return Object.entries(writes).flatMap(([operation, truth]) => {
    const [tint, sign] = writesTint[writesTone(truth)];
    return wrapped(cleanLine(truthText(operation, truth)), width, sign).map((line) => paint(tint, line));
  });
}

function cleanupBlock({ cleanup, canaries, dir }: Summary, plan: CleanupPart, { width, paint }: Page): string[] {
  if (cleanup?.verified === true && cleanup.created + cleanup.unknown + cleanup.deleted === 0) {
    const who = canaries === undefined ? "Nothing was written, so nothing" : "Nothing but canaries was written, so nothing else";
    return [paint("good", `✔ ${who} had to be removed`)];
  }
  const made = cleanup === null ? "" : `: ${formatCount(cleanup.created)} created, ${formatCount(cleanup.unknown)} unknown`;
  const reason = plan.cleanup?.none;
  if (reason !== undefined) return wrapped(`Cleanup: the scenario wants none (${reason})${made}`, width, "– ");
  if (cleanup === null) return wrapped(`Cleanup: none. To sweep what the run left: ${cleanCommand(dir, plan)}`, width);
  const { deleted, residue, untagged, verified } = cleanup;
  const left = residue === null ? "residue not read" : `${formatCount(residue)} left`;
  const words = `Cleanup ${verified ? "verified" : "not verified"}${made}, ${formatCount(deleted)} deleted, ${left}; other rows ${untagged.replaceAll("-", " ")}`;
  return wrapped(words, width, verified ? "✔ " : "✘ ").map((line) => paint(verified ? "good" : "bad", line));
}

/** Writes of the handshake, each a run of its own: no figure of the run's cleanup holds them. */
function canariesBlock({ canaries, dir }: Summary, plan: CleanupPart, { width, paint }: Page): string[] {
  if (canaries === undefined) return [];
  const { written, left } = canaries;
  if (plan.cleanup?.none !== undefined)
    return wrapped(`Handshake: ${countOf(written, "write")}, left there as well`, width, "– ");
  if (left === 0) return [paint("good", `✔ Handshake: ${countOf(written, "write")}, nothing left under their tags`)];
  const which = left === written ? countOf(written, "write") : `${formatCount(left)} of ${countOf(written, "write")}`;
  const words = `Handshake: ${which} not known to be removed; to finish it: ${cleanCommand(dir, plan)}`;
  return wrapped(words, width, "✘ ").map((line) => paint("bad", line));
}

function validityBlock({ validity, exitCode, exitReasons }: Summary, { width, paint }: Page): string[] {
  const tint = validity.grade === "valid" ? "good" : "warn";
  return [
    paint(tint, `Validity: ${validity.grade}`),
    ...validity.reasons.flatMap((reason) => wrapped(reason, width, "  - ")),
    ...(exitCode === 0 ? [] : [paint("bad", `Exit code ${exitText(exitCode)}`)]),
    ...exitReasons.flatMap((reason) => wrapped(reason, width, "  - ")),
  ];
}

/** A path is not cut, whatever the width: a cut one cannot be copied. */
function pathBlock({ dir }: Summary, { paint }: Page): string[] {
  return [`Report: ${paint("accent", cleanLine(join(dir, "report.html")))}`, `Record: ${cleanLine(dir)}`];
}
