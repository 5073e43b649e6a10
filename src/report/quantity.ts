/** Measured values with their units, for people. */
import { parseBudget } from "../model/budget.ts";
import type { BudgetResult } from "../model/verdict.ts";
import { formatCount, formatShare, formatUs } from "../model/units.ts";

const usPer: Record<string, number> = { us: 1, ms: 1_000, s: 1_000_000 };

/** An evidence's number: durations and shares in the units that read best, all else with its unit behind it. */
export function formatQuantity(value: number, unit: string): string {
  const us = usPer[unit];
  if (us !== undefined) return formatUs(value * us);
  if (unit === "share") return formatShare(value);
  if (unit === "1/s" || unit === "per second") return `${formatCount(value)}/s`;
  if (unit === "bytes") return formatBytes(value);
  return unit === "" || unit === "count" ? formatCount(value) : `${formatCount(value)} ${unit}`;
}

/** `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let at = 0;
  while (value >= 1_024 && at < units.length - 1) {
    value /= 1_024;
    at += 1;
  }
  return `${formatCount(Number(value.toPrecision(3)))} ${units[at]}`;
}

/** A budget's measured value or limit: a share for error budgets, else a duration. */
export function formatBudget({ text }: BudgetResult, value: BudgetResult["measured"]): string {
  if (value === null) return "-";
  if (value === "infinite") return "never";
  return parseBudget(text)?.kind === "errors" ? formatShare(value) : formatUs(value);
}

/** `SINGLE_CORE_SATURATED` as `Single core saturated`. */
export function codeInWords(code: string): string {
  const words = code
    .toLowerCase()
    .replaceAll("_", " ")
    .replace(/\bgc\b/, "GC")
    .replace(/\bcpu\b/, "CPU");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** ISO 8601 as `2026-11-21 01:40 UTC`; the text itself where it is no date. */
export function formatInstant(iso: string): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? iso : `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
