#!/usr/bin/env node
// Plain JavaScript without static imports: an old Node must get as far as the line that refuses it.
void (async () => {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 19)) {
    process.stderr.write(
      "peakproof needs Node 22.19 or newer, and this is Node " +
        process.versions.node +
        ". In its repository, start it with: npm run peakproof -- <command>\n",
    );
    process.exitCode = 2;
    return;
  }
  const { existsSync } = await import("node:fs");
  const source = new URL("./peakproof.ts", import.meta.url);
  const { main } = await import(existsSync(source) ? source.href : new URL("./bin/peakproof.js", import.meta.url).href);
  await main(process.argv);
})();
