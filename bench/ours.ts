/**
 * Our generator in a closed loop, as a peer of the others: `node ours.ts bare|full <origin> <connections> <seconds> [body]`; prints
 * `{requests, errors, cpuSec}`.
 */
import { bareLoop } from "./bare.ts";
import { ClosedLoop } from "./closed-loop.ts";
import { fullLoop } from "./full.ts";

const [mode, origin = "", connections = "64", seconds = "5", body] = process.argv.slice(2);
const loop = new ClosedLoop(origin, Number(connections), body);
const before = process.cpuUsage();
const expire = mode === "full" ? fullLoop(loop) : bareLoop(loop);
setInterval(() => expire(loop.nowUs()), 1);
setTimeout(
  () => {
    loop.isRunning = false;
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ requests: loop.requests, errors: loop.errors, cpuSec: (user + system) / 1_000_000 }));
    process.exit(0);
  },
  Number(seconds) * 1_000,
);
