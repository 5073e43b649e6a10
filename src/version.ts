import { readFileSync } from "node:fs";

/** The package's version, from the package.json above this file: two levels up when compiled into `dist/`, one in the repo. */
export const version: string = readVersion(["../package.json", "../../package.json"]);

function readVersion(candidates: readonly string[]): string {
  for (const candidate of candidates) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(new URL(candidate, import.meta.url), "utf8"));
      if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
    } catch {
      continue;
    }
  }
  return "0.0.0";
}
