import { defineConfig } from "vitest/config";

/** `.ci/run` asks for the totals in a file, so that its last line comes from the runner itself. */
const totals = process.env["PEAKPROOF_TEST_TOTALS"];

/** Unit tests run side by side; end-to-end tests drive real processes on two cores, so one file at a time. */
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
        test: {
          name: "end-to-end",
          include: ["test/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
