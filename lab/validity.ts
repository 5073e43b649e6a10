/**
 * The test that generator and target are never confused: twenty runs with a throttled generator, twenty with a throttled target.
 * `npm run lab:validity [words of a case's name]`. Takes some ten minutes, and a machine that has nothing else to do. Exits with 1 where one
 * was confused with the other.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { validityCases, type ValidityCase } from "./validity-cases.ts";
import { runCase, whyNotStaged } from "./validity-case-run.ts";
import { judgeCase } from "./validity-verdict.ts";

type Ending = "right" | "WRONG" | "skipped";

const wanted = process.argv.slice(2).join(" ");
const cases = validityCases.filter(({ name }) => name.includes(wanted));
const cache = mkdtempSync(join(tmpdir(), "peakproof-lab-"));
process.once("exit", () => rmSync(cache, { recursive: true, force: true }));
// A signal alone would end the process without its exit handlers, and leave the network namespace of the case under way.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => process.exit(128 + constants.signals[signal]));

async function endingOf(one: ValidityCase, at: number): Promise<readonly [Ending, string]> {
  const because = whyNotStaged(one.shortage);
  if (because !== null) return ["skipped", because];
  try {
    // A short generator is calibrated in its shortage; targets do not change what the generator can do.
    const { isRight, said } = judgeCase(one, await runCase(one, join(cache, one.shortage === null ? "targets" : String(at))));
    return [isRight ? "right" : "WRONG", said];
  } catch (thrown) {
    return ["WRONG", String(thrown)];
  }
}

const counts: Record<Ending, number> = { right: 0, WRONG: 0, skipped: 0 };
for (const [at, one] of cases.entries()) {
  const [ending, said] = await endingOf(one, at);
  counts[ending] += 1;
  console.log(`${ending.padEnd(8)} ${one.name.padEnd(52)} ${said}`);
}
console.log(`\n${cases.length} cases: ${counts.right} right, ${counts.WRONG} confused, ${counts.skipped} skipped`);
process.exitCode = counts.WRONG === 0 ? 0 : 1;
