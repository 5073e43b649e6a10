/** Exit codes and which of them wins (design section 7). */

export const exitCodes = {
  passed: 0,
  fault: 1,
  usage: 2,
  budgetMissed: 3,
  cleanupIncomplete: 4,
  noAnswer: 5,
  safetyLimit: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The first that holds of 1, 2, 4, 6, 5, 3; then 130, then 0. */
const precedence: readonly ExitCode[] = [1, 2, 4, 6, 5, 3, 130];

export interface ExitReason {
  readonly code: ExitCode;
  /** One sentence. */
  readonly reason: string;
}

/** The code that a set of reasons gives, and the reasons in order of weight. */
export function decideExit(reasons: readonly ExitReason[]): { exitCode: ExitCode; exitReasons: string[] } {
  const ranked = reasons.toSorted((a, b) => precedence.indexOf(a.code) - precedence.indexOf(b.code));
  return { exitCode: ranked[0]?.code ?? exitCodes.passed, exitReasons: ranked.map((entry) => entry.reason) };
}
