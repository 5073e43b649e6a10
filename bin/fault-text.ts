import { CommanderError } from "commander";
import { exitCodes, type ExitCode } from "../src/model/exit.ts";
import { Fault, type FaultKind } from "../src/model/fault.ts";
import { redact } from "../src/safety/redact.ts";

/** The exit code that a fault ends a command with, where nothing heavier happened. */
const codeOfKind: Readonly<Record<FaultKind, ExitCode>> = {
  usage: exitCodes.usage,
  unreachable: exitCodes.noAnswer,
  safety: exitCodes.safetyLimit,
  disk: exitCodes.fault,
  internal: exitCodes.fault,
};

/** What to print, and the code to end with, for anything that was thrown. Secrets are taken out. */
export function explain(thrown: unknown): { text: string; exitCode: number } {
  if (thrown instanceof CommanderError) return { text: "", exitCode: thrown.exitCode === 0 ? 0 : exitCodes.usage };
  if (thrown instanceof Fault) return { text: redact(faultText(thrown)), exitCode: codeOfKind[thrown.kind] };
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { text: redact(`peakproof: a fault of ours, please report it:\n${stack}`), exitCode: exitCodes.fault };
}

/** What came, what was expected, what to write instead: one line each. */
export function faultText({ message, detail }: Fault): string {
  const lines = [`peakproof: ${message}`];
  if (detail.received !== undefined) lines.push(`  received: ${detail.received}`);
  if (detail.expected !== undefined) lines.push(`  expected: ${detail.expected}`);
  if (detail.fix !== undefined) lines.push(`  try:      ${detail.fix}`);
  return lines.join("\n");
}

/** The exit code of a fault's kind. */
export function exitCodeOf(kind: FaultKind): ExitCode {
  return codeOfKind[kind];
}
