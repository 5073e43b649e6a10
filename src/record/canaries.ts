/** Where the canaries of a run's handshake leave their records: each is a small run record in a folder of the run's. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { recordFiles } from "./files.ts";

const canariesFolder = "canary";

/** `canary/3` in a run's folder. */
export function canaryDir(dir: string, number: number): string {
  return join(dir, canariesFolder, String(number));
}

/** Those that are there, in the order in which they are to be removed: the last one first. */
export function canaryDirs(dir: string): string[] {
  const folder = join(dir, canariesFolder);
  if (!existsSync(folder)) return [];
  const numbers = readdirSync(folder).map(Number).filter(Number.isSafeInteger);
  const dirs = numbers.toSorted((a, b) => b - a).map((number) => canaryDir(dir, number));
  // One that was killed before it had a plan had sent nothing.
  return dirs.filter((canary) => existsSync(join(canary, recordFiles.run)));
}

/** The folder of the run that a record belongs to: a canary's own lies within it. */
export function runFolderOf(dir: string): string {
  const parent = dirname(resolve(dir));
  return basename(parent) === canariesFolder ? dirname(parent) : dir;
}
