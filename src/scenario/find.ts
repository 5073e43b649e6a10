import type { Dirent } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Fault, errnoOf, messageOf } from "../model/fault.ts";
import { nearest } from "./similar.ts";

/** A scenario is a page of text: more is a log or a dump given by mistake. */
const largestBytes = 1_024 * 1_024;
/** Files that are looked at for a suggestion. */
const candidateLimit = 500;
/** Files that are named where none is alike. */
const namedLimit = 5;
const extensions = [".ts", ".mts", ".js", ".mjs"];
const shippedFolder = fileURLToPath(new URL("../../scenarios/", import.meta.url));

/** The text of a scenario file. Throws a usage Fault for a path that is no such file, with what was probably meant. */
export async function readScenarioText(path: string): Promise<string> {
  const file = resolve(path);
  const facts = await stat(file).catch((thrown: unknown) => thrown as Error);
  if (facts instanceof Error) throw await missingFault(path, facts);
  if (facts.isDirectory()) throw await folderFault(path);
  if (!extensions.includes(extname(file)) || facts.size > largestBytes || !facts.isFile()) {
    const expected = `a file of at most 1 MiB that ends in ${extensions.join(", ")}`;
    throw new Fault("usage", `${path} is no scenario file`, {
      received: `${path} (${facts.size} bytes)`,
      expected,
      fix: `${basename(path, extname(path))}.ts`,
    });
  }
  return readFile(file, "utf8");
}

async function missingFault(path: string, thrown: Error): Promise<Fault> {
  if (errnoOf(thrown) !== "ENOENT" && errnoOf(thrown) !== "ENOTDIR") {
    return new Fault("usage", `cannot read ${path}: ${messageOf(thrown)}`, {
      received: path,
      expected: "a readable scenario file",
    });
  }
  const nearby = await scenariosIn(dirname(resolve(path)), 0);
  const candidates = [...nearby, ...(await shippedScenarios())];
  const meant = alike(path, candidates);
  const expected =
    candidates.length === 0
      ? "a scenario file"
      : `a scenario file, such as ${candidates.slice(0, namedLimit).map(shortest).join(", ")}`;
  return new Fault("usage", `there is no file ${path}`, {
    received: path,
    expected,
    fix: meant === null ? "a file of your own: copy one of scenarios/health-code" : shortest(meant),
  });
}

async function folderFault(path: string): Promise<Fault> {
  const inside = (await scenariosIn(resolve(path), 1)).map(shortest);
  const expected = inside.length === 0 ? "a scenario file" : `one of its files: ${inside.slice(0, namedLimit).join(", ")}`;
  return new Fault("usage", `${path} is a folder`, {
    received: path,
    expected,
    fix: inside[0] ?? "a file of your own: copy one of scenarios/health-code",
  });
}

/** The file whose name, or whose folder and name, is most like what was written. */
function alike(path: string, candidates: readonly string[]): string | null {
  const stem = (file: string) => basename(file).replace(/\.[cm]?[jt]s$/, "");
  const long = (file: string) => join(basename(dirname(file)), stem(file));
  const byLong = nearest(long(resolve(path)), candidates.map(long));
  const byName = nearest(stem(path), candidates.map(stem));
  return candidates.find((file) => long(file) === byLong) ?? candidates.find((file) => stem(file) === byName) ?? null;
}

/** The scenarios that come with the package: files of `scenarios/` with a default export. */
async function shippedScenarios(): Promise<string[]> {
  const files = await scenariosIn(shippedFolder, 2);
  const texts = await Promise.all(files.map(async (file) => readFile(file, "utf8")));
  return files.filter((_, at) => texts[at]?.includes("export default") === true);
}

/** Files in a folder, and so many levels below, that could be scenarios; none where it cannot be read. */
async function scenariosIn(folder: string, levels: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const found: string[] = [];
  for (const entry of entries.slice(0, candidateLimit)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && levels > 0 && entry.name !== "node_modules") found.push(...(await scenariosIn(path, levels - 1)));
    if (entry.isFile() && extensions.includes(extname(entry.name)) && !/\.(test|d)\.[cm]?[jt]s$/.test(entry.name))
      found.push(path);
  }
  return found.slice(0, candidateLimit);
}

/** A path as it would be typed here: relative where that is shorter. */
function shortest(file: string): string {
  const here = relative(process.cwd(), file);
  return here.length < file.length ? here : file;
}
