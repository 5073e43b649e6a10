import { execFileSync } from "node:child_process";
import { cpus, hostname, release, totalmem, availableParallelism } from "node:os";
import type { MachineFacts } from "../src/model/run.ts";

/** This machine, for the record. */
export function machineFacts(): MachineFacts {
  return {
    hostname: hostname(),
    platform: process.platform,
    kernel: release(),
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
  };
}

/** The git revision of the working folder, so that a run can be told from one of another day; null outside a repository. */
export function gitRevision(): string | null {
  try {
    return (
      execFileSync("git", ["rev-parse", "HEAD"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
        timeout: 2_000,
      }).trim() || null
    );
  } catch {
    return null;
  }
}
