/**
 * Whether faults of writes are found as often as a run says that they would be: a service that loses 0.1 % of what it accepts and books
 * another 0.1 % twice, and runs that read back a part of it. `npm run lab:writes [-- --runs 20]`: each run takes some 40 s and gives four
 * answers, two faults of two operations. Exits with 1 where so few found something could be chance with less than 5 %.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { startService } from "../service/index.ts";
import { confidence, shareAtMost } from "../src/model/detection.ts";
import { formatCount, formatShare } from "../src/model/units.ts";
import { Folder, start, summaryOf } from "../test/cli.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "20" } } });
const runs = Number(values.runs);
const share = 0.001;
const scenario = fileURLToPath(new URL("written.ts", import.meta.url));

/** One fault of one operation in one run. */
interface Answer {
  readonly isFound: boolean;
  /** The probability that the run gave for finding it. */
  readonly stated: number;
}

async function answersOf(seed: number): Promise<Answer[]> {
  // A service for each: how long its queue takes must not depend on the runs before.
  const service = await startService({ port: 0, adminPort: 0, loseShare: share, duplicateShare: share });
  try {
    using folder = new Folder();
    const at = ["--target", service.url, "--admin", service.adminUrl, "--out", folder.runs, "--seed", String(seed)];
    const { writes = {} } = summaryOf(await start(["run", scenario, ...at, "--json", "--quiet"]).ended);
    return Object.entries(writes).flatMap(([operation, { accepted, sampled, lost, duplicated, notKnown, proof }]) => {
      const counts = `${formatCount(sampled)} of ${formatCount(accepted)} read back, ${notKnown} not known`;
      console.log(
        `run ${seed} ${operation.padEnd(8)} ${counts}: ${lost} lost, ${duplicated} twice, stated ${formatShare(proof.detection)}`,
      );
      return [lost, duplicated ?? 0].map((found) => ({ isFound: found > 0, stated: proof.detection }));
    });
  } finally {
    await service.stop();
  }
}

const answers: Answer[] = [];
for (let seed = 1; seed <= runs; seed++) answers.push(...(await answersOf(seed)));
const found = answers.filter(({ isFound }) => isFound).length;
const stated = answers.reduce((sum, answer) => sum + answer.stated, 0) / answers.length;
const most = shareAtMost(found, answers.length);
console.log(
  `\n${found} of ${answers.length} faults found, ${formatShare(found / answers.length)}; stated ${formatShare(stated)}`,
);
console.log(`so many found allow a true rate of up to ${formatShare(most)} with ${formatShare(confidence)}`);
process.exitCode = answers.length > 0 && most >= stated ? 0 : 1;
