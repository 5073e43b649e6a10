import type { CleanupRules, StoreRules } from "../model/cleanup-rules.ts";
import type { CleanupSettings, StoreSettings } from "../model/plan.ts";

/** What a scenario says of cleanup, as data: a list of stores in the order in which they are written. */
export function cleanupSettings(rules: CleanupRules | undefined): CleanupSettings | null {
  if (rules === undefined) return null;
  if ("none" in rules) return { none: rules.none };
  return { stores: [rules].flat().flatMap(settingsOf) };
}

/** Keys keep the order in which they were written. What is a function stays behind. */
function settingsOf(rules: StoreRules): StoreSettings[] {
  return Object.entries(rules).map(([kind, own]) => {
    const data = Object.entries(own as object).filter(([, value]) => typeof value !== "function");
    return Object.fromEntries([["kind", kind], ...data]) as unknown as StoreSettings;
  });
}
