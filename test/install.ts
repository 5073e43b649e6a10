/**
 * Installs what the tests need beyond npm: Debian's Chromium, in which the report is opened. It only does so where it may (root
 * on Debian: a container or CI), says so first, and `PEAKPROOF_INSTALL=0` forbids it. Without it those tests say that they were skipped.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromiumPath, installLine } from "./chromium.ts";

function mayInstall(): boolean {
  return process.env["PEAKPROOF_INSTALL"] !== "0" && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

function aptGet(...words: string[]): boolean {
  const { status } = spawnSync("apt-get", words, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return status === 0;
}

if (!existsSync(chromiumPath)) {
  if (mayInstall()) {
    console.log(`tests: installing Debian's chromium, to open the report in a real browser (PEAKPROOF_INSTALL=0 forbids it)`);
    const installed = aptGet("update") && aptGet("install", "--yes", "--no-install-recommends", "chromium");
    if (!installed) console.log("tests: chromium could not be installed; the browser tests will be skipped");
  } else {
    console.log(`tests: no chromium here; the browser tests will be skipped. To run them: ${installLine}`);
  }
}
