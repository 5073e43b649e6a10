/**
 * The generator beside its peers: `npm run bench -- [part ...]`, root on Debian. nginx has core 0 and each generator core 1, in turns. What
 * it prints is docs/performance.md's tables. Nothing else should run on the machine meanwhile.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compare, everyone, takeTurns } from "./closed.ts";
import { installPeers } from "./install.ts";
import { type Nginx, startNginx } from "./nginx.ts";
import { steadyMemory } from "./memory.ts";
import { openLoop } from "./open.ts";

const serverCore = 0;
const generatorCore = 1;
const port = 18_480;
const rounds = 5;
const seconds = 5;
const connections = 64;
/** 1,024 bytes; without the line breaks that make the file readable. */
const body = JSON.stringify(JSON.parse(readFileSync(fileURLToPath(new URL("peers/body.json", import.meta.url)), "utf8")));

const parts: Readonly<Record<string, (nginx: Nginx) => Promise<string>>> = {
  async closed(nginx) {
    const turns = await takeTurns(everyone, rounds, generatorCore, nginx, { connections, seconds, tls: false });
    return `## Closed loop, GET, ${connections} connections\n\n${compare(turns, "wrk")}`;
  },
  async post(nginx) {
    const names = ["ours, everything on", "wrk", "undici", "autocannon"];
    const file = join(nginx.folder, "body.json");
    writeFileSync(file, body);
    const task = { connections, seconds, tls: false, post: { body, file } };
    const turns = await takeTurns(names, rounds, generatorCore, nginx, task);
    const get = await takeTurns(["ours, everything on"], rounds, generatorCore, nginx, { connections, seconds, tls: false });
    return `## Closed loop, POST of 1 kB of JSON, ${connections} connections\n\n${compare([...turns, { name: "ours, the GET", results: get[0]?.results ?? [] }], "ours, the GET")}`;
  },
  async tls(nginx) {
    const names = ["ours, bare loop", "ours, everything on", "wrk", "undici", "autocannon"];
    const turns = await takeTurns(names, rounds, generatorCore, nginx, { connections, seconds, tls: true });
    return `## Closed loop, GET over kept-alive TLS, ${connections} connections\n\n${compare(turns, "autocannon")}`;
  },
  open: (nginx) => openLoop(nginx, generatorCore),
  memory: steadyMemory,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => parts[name] === undefined);
if (unknown.length > 0) throw new Error(`no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}`);
installPeers();
const nginx = await startNginx(serverCore, port);
try {
  console.log(`Machine: ${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.versions.node}.\n`);
  for (const [name, part] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    console.error(`bench: ${name}`);
    console.log(`${await part(nginx)}\n`);
  }
} finally {
  nginx.stop();
}
