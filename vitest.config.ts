import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** `.ci/run` asks for the totals in a file, so that its last line comes from the runner itself. */
const totals = process.env["PEAKPROOF_TEST_TOTALS"];

/** End to end, and none the worse for what else the machine does: nothing in them is timed to less than seconds. */
const untimed = [
  "test/{bodies,chaos,cleanup-all,client-behaviour,faults,guide,handshake,handshake-stores,lab,package,reach,report}.test.ts",
  "test/{safety,saturate-command,secrets,seed,stopped,third-parties,try,writes}.test.ts",
];

/** Units that hold the code to a rate or to milliseconds, which neighbours would take from it. */
const timedUnits = [
  "analysis/index.test.ts",
  "service/{limits,rate-limit,store,sweep}.test.ts",
  "src/wire/client-deadlines.test.ts",
];

/** Side by side one file more than there are cores: most of them wait for a server, a deadline or a run most of the time. */
const maxWorkers = availableParallelism() + 1;

/** Units and what is untimed run side by side; the rest, which times real processes on two cores, one file at a time. */
export default defineConfig({
  test: {
    globalSetup: ["test/setup.ts"],
    // Some three hundred processes of ours are started, each of the same files.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url)) },
    ...(totals === undefined ? {} : { reporters: ["default", ["json", { outputFile: totals }]] }),
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{src,analysis,cleanup,generators,service,bin,scenarios}/**/*.test.ts"],
          exclude: timedUnits,
          testTimeout: 20_000,
          maxWorkers,
        },
      },
      {
        extends: true,
        test: { name: "untimed", include: untimed, testTimeout: 180_000, hookTimeout: 60_000, maxWorkers },
      },
      {
        extends: true,
        test: {
          name: "timed unit",
          include: timedUnits,
          testTimeout: 20_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "end-to-end",
          include: ["test/**/*.test.ts"],
          exclude: untimed,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
