/**
 * Makes `dist/` the package: its own manifest, whose exports name compiled files, the launcher, and what a reader of the package wants
 * to see. `npm run build` compiles first. Publishing from the repository itself is refused (`private`), since Node strips no types
 * under `node_modules`.
 */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";

interface Manifest {
  readonly [field: string]: unknown;
  readonly exports: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const kept = [
  "name",
  "version",
  "description",
  "license",
  "type",
  "keywords",
  "engines",
  "dependencies",
  "peerDependencies",
  "peerDependenciesMeta",
];
const compiled = (source: string): Record<string, string> => {
  const stem = source.replace(/\.ts$/, "");
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
};

const published = {
  ...Object.fromEntries(kept.map((field) => [field, manifest[field]])),
  bin: { peakproof: "./peakproof.js" },
  exports: Object.fromEntries(
    Object.entries(manifest.exports).map(([name, file]) => [name, file.endsWith(".ts") ? compiled(file) : file]),
  ),
};

writeFileSync("dist/package.json", `${JSON.stringify(published, null, 2)}\n`);
copyFileSync("bin/peakproof.js", "dist/peakproof.js");
copyFileSync("src/calibration/null-server.pem", "dist/src/calibration/null-server.pem");
for (const file of ["README.md", "LICENSE", "CHANGELOG.md"]) copyFileSync(file, `dist/${file}`);
