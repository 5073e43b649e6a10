/**
 * A server that does nothing, as fast as it can: 200 with two bytes to whatever comes. A process of its own, since what it costs must
 * not be the generator's; it says its port to its parent and ends with it. Its argument is the protocol, `h1` or `h2` (without TLS).
 */
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { RequestFramer } from "./request-framer.ts";

const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n";
const reply = Buffer.from(`${head}\r\n{}`);
const headReply = Buffer.from(`${head}\r\n`);

function answer(socket: Socket): void {
  const framer = new RequestFramer((isHead, isLast) => {
    socket.write(isHead ? headReply : reply);
    if (isLast) socket.end();
  });
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    try {
      framer.push(bytes);
    } catch {
      socket.destroy();
    }
  });
}

function http2Server(): Server {
  const server = createHttp2Server();
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => stream.destroy());
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.end("{}");
  });
  server.on("sessionError", () => undefined);
  return server;
}

const server = process.argv[2] === "h2" ? http2Server() : createServer({ noDelay: true }, answer);
server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 }, () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
