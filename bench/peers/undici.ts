/** undici's fastest way: `Client.dispatch`, one client per connection. `node undici.ts <origin> <path> <connections> <seconds> [body]`; prints `{requests, errors, cpuSec}`. */
import { Client, type Dispatcher } from "undici";
import { benchTag } from "../tag-headers.ts";

const [origin = "", path = "/", connections = "64", seconds = "4", body] = process.argv.slice(2);
const options: Dispatcher.DispatchOptions = {
  path,
  method: body === undefined ? "GET" : "POST",
  headers: { ...benchTag, ...(body === undefined ? {} : { "content-type": "application/json" }) },
  ...(body === undefined ? {} : { body }),
};
let requests = 0;
let errors = 0;
const before = process.cpuUsage();
const endMs = performance.now() + Number(seconds) * 1_000;

/** Asks again as soon as it has its reply. */
function loop(client: Client): void {
  let status = 0;
  client.dispatch(options, {
    onRequestStart: () => undefined,
    onResponseStart: (_controller, code) => void (status = code),
    onResponseData: () => undefined,
    onResponseEnd() {
      if (status === 200) requests += 1;
      else errors += 1;
      if (performance.now() < endMs) loop(client);
    },
    onResponseError: () => void (errors += 1),
  });
}

const connect = { rejectUnauthorized: false };
const clients = Array.from({ length: Number(connections) }, () => new Client(origin, { allowH2: false, connect }));
for (const client of clients) loop(client);
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1_000 + 100));
await Promise.all(clients.map((client) => client.destroy()));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ requests, errors, cpuSec: (user + system) / 1_000_000 }));
