/**
 * A server that does nothing, as fast as it can: 200 with two bytes to whatever comes. A process of its own, since what it costs must
 * not be the generator's; it says its port to its parent and ends with it. Its argument is a `NullKind` as JSON.
 */
import { readFileSync } from "node:fs";
import { createSecureServer as createHttps2Server, createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { NullKind } from "./messages.ts";
import { nullPem } from "./null-pem.ts";
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

function http1Server(tls: TlsOptions | null): Server {
  return tls === null ? createServer({ noDelay: true }, answer) : createTlsServer({ ...tls, noDelay: true }, answer);
}

function http2Server(tls: TlsOptions | null): Server {
  const server = tls === null ? createHttp2Server() : createHttps2Server(tls);
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => stream.destroy());
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.end("{}");
  });
  server.on("sessionError", () => undefined);
  return server;
}

/** A client certificate is asked for, so that its signature is part of the handshake, and then whoever it is may come in. */
function tlsOptions(requestCert: boolean): TlsOptions {
  const pem = readFileSync(nullPem);
  return { cert: pem, key: pem, requestCert, rejectUnauthorized: false };
}

const { protocol, tls } = JSON.parse(process.argv[2] ?? "") as NullKind;
const options = tls === "none" ? null : tlsOptions(tls === "mutual");
const server = protocol === "h2" ? http2Server(options) : http1Server(options);
server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 }, () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
