/**
 * Installs what the tests need beyond npm: Debian's Chromium, in which the report is opened, and the databases that cleanup sweeps. It only
 * does so where it may (root on Debian: a container or CI), says so first, and `PEAKPROOF_INSTALL=0` forbids it. Tests of what is not
 * there say that they were skipped.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromiumPath } from "./chromium.ts";
import { postgresPrograms } from "./postgres-server.ts";
import { hasRedis } from "./redis-server.ts";

const missing = [
  ...(existsSync(chromiumPath) ? [] : ["chromium"]),
  ...(postgresPrograms === null ? ["postgresql"] : []),
  ...(hasRedis ? [] : ["redis-server"]),
];

function mayInstall(): boolean {
  return process.env["PEAKPROOF_INSTALL"] !== "0" && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/** A package must not start a server of its own: tests start theirs, on ports of their own. */
const quietly = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };

function aptGet(...words: string[]): boolean {
  const { status } = spawnSync("apt-get", words, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...quietly },
  });
  return status === 0;
}

if (missing.length > 0) {
  const names = missing.join(", ");
  if (mayInstall()) {
    console.log(`tests: installing Debian's ${names} (PEAKPROOF_INSTALL=0 forbids it)`);
    const installed = aptGet("update") && aptGet("install", "--yes", "--no-install-recommends", ...missing);
    if (!installed) console.log(`tests: ${names} could not be installed; the tests that need them will be skipped`);
  } else {
    console.log(
      `tests: no ${names} here; the tests that need them will be skipped. To run them: apt-get install --yes ${missing.join(" ")}`,
    );
  }
}
