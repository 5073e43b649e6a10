import { defineConfig } from "vitest/config";

/** `.ci/run` asks for the totals in a file, so that its last line comes from the runner itself. */
const totals = process.env["PEAKPROOF_TEST_TOTALS"];

/** End to end, and none the worse for what else the machine does: nothing in them is timed. */
const untimed = ["test/{guide,report}.test.ts"];

/** Unit tests run side by side; the other end-to-end tests drive real processes on two cores, so one file at a time. */
export default defineConfig({
  test: {
    globalSetup: ["test/setup.ts"],
    ...(totals === undefined ? {} : { reporters: ["default", ["json", { outputFile: totals }]] }),
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{src,analysis,cleanup,generators,service,bin,scenarios}/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: { name: "untimed", include: untimed, testTimeout: 180_000, hookTimeout: 60_000 },
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
