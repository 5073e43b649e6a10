/**
 * The server of the freeze test, in a process of its own: it answers after 2 ms, and stands still once, `freezeMs` long, `afterMs` after
 * its first request. It says its port on stdout. `node test/freezing-server.ts [afterMs] [freezeMs]`.
 */
import { createServer } from "node:http";

const [afterMs = "4000", freezeMs = "3000"] = process.argv.slice(2);
const serviceMs = 2;
let isAsked = false;

/** Blocks the whole process, as a long garbage collection or a stopped machine does. */
function freeze(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(freezeMs));
}

const server = createServer((request, response) => {
  if (!isAsked && request.headers["x-synthetic-purpose"] !== "probe") {
    isAsked = true;
    setTimeout(freeze, Number(afterMs));
  }
  setTimeout(() => response.end("ok"), serviceMs);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(address.port);
});
