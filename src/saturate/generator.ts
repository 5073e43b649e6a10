import { readFileSync } from "node:fs";

/** The generator with its version, for the record. */
export const generatorName = `autocannon ${autocannonVersion()}`;

function autocannonVersion(): string {
  const manifest = new URL(import.meta.resolve("autocannon/package.json"));
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  return version;
}
