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
  await rememberCompiled();
  const source = new URL("./peakproof.ts", import.meta.url);
  const { main } = await import(existsSync(source) ? source.href : new URL("./bin/peakproof.js", import.meta.url).href);
  await main(process.argv);
})();

/**
 * Has Node keep what it compiled, TypeScript without its types included: a command starts in a third of the time. In the user's own
 * cache, since whoever can write there can have code run; children of ours (a service, its workers) find it by the variable.
 */
async function rememberCompiled() {
  const { enableCompileCache } = await import("node:module");
  const { homedir } = await import("node:os");
  const { join } = await import("node:path");
  const folder =
    process.env.NODE_COMPILE_CACHE ?? join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "peakproof", "compiled");
  enableCompileCache(folder);
  process.env.NODE_COMPILE_CACHE = folder;
}
