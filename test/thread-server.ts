import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { certificate } from "./tls-server.ts";

/** A server whose loop is not ours, so that it answers while ours is blocked. */
export interface ThreadServer {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers `GET /n` after n milliseconds with 200 and two bytes, and never where n is no number. */
export async function startThreadServer({ isTls = false } = {}): Promise<ThreadServer> {
  const worker = new Worker(program, {
    eval: true,
    workerData: isTls ? { cert: certificate("server"), key: certificate("server-key") } : null,
  });
  const [port] = (await once(worker, "message")) as [number];
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
}

const program = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { readFileSync } = require("node:fs");
  const serve = (socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      const laterMs = Number(/^GET \\/(\\d+) /.exec(bytes.toString("latin1"))?.[1]);
      const answer = () => socket.write("HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok");
      if (laterMs === 0) answer();
      else if (laterMs > 0) setTimeout(answer, laterMs);
    });
  };
  const read = (path) => readFileSync(path);
  const server =
    workerData === null
      ? require("node:net").createServer({ noDelay: true }, serve)
      : require("node:tls").createServer({ cert: read(workerData.cert), key: read(workerData.key) }, serve);
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

/** Blocks this thread's loop, without using the processor. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
