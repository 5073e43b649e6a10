/** One autocannon as it comes: closed loop, no rate. `node autocannon.ts <url> <connections> <seconds> [body]`; prints `{requests, errors, cpuSec}`. */
import autocannon from "autocannon";
import { benchTag } from "../tag-headers.ts";

const [url = "", connections = "64", seconds = "4", body] = process.argv.slice(2);
const before = process.cpuUsage();
const result = await autocannon({
  url,
  connections: Number(connections),
  duration: Number(seconds),
  headers: { ...benchTag, ...(body === undefined ? {} : { "content-type": "application/json" }) },
  ...(body === undefined ? {} : { method: "POST", body }),
});
const { user, system } = process.cpuUsage(before);
const cpuSec = (user + system) / 1_000_000;
console.log(JSON.stringify({ requests: result["2xx"], errors: result.errors + result.non2xx, cpuSec }));
