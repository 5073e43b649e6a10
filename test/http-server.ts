import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer, createServer as createH2Server, type Http2ServerRequest, type ServerHttp2Session } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { certificate } from "./tls-server.ts";

export type ServerKind = "h1" | "h1+tls" | "h2" | "h2+tls";

/** A request as both HTTP/1.1 and HTTP/2 have it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
  /** Cuts the connection that it came on. */
  hangUp(): void;
}

/** A real server of Node's. */
export interface HttpServer {
  readonly origin: string;
  /** Connections it has had. */
  readonly accepted: number;
  /** Its HTTP/2 sessions so far. */
  readonly sessions: readonly ServerHttp2Session[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers with Node's own response objects, which are the same for both protocols as far as tests go. */
export async function startHttpServer(
  kind: ServerKind,
  answer: (asked: Asked, reply: ServerResponse) => unknown,
  options: { readonly maxConcurrentStreams?: number } = {},
): Promise<HttpServer> {
  const sockets = new Set<Socket>();
  const sessions: ServerHttp2Session[] = [];
  let accepted = 0;
  const onRequest = (request: IncomingMessage | Http2ServerRequest, reply: unknown): void => {
    const parts: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (bytes: Buffer) => parts.push(bytes));
    request.on("end", () => answer(askedOf(request, Buffer.concat(parts).toString()), reply as ServerResponse));
  };
  const tls = kind.endsWith("+tls")
    ? { cert: readFileSync(certificate("server")), key: readFileSync(certificate("server-key")) }
    : {};
  const settings =
    options.maxConcurrentStreams === undefined ? {} : { settings: { maxConcurrentStreams: options.maxConcurrentStreams } };
  const server: Server = {
    h1: () => createServer(onRequest),
    "h1+tls": () => createHttpsServer(tls, onRequest),
    h2: () => createH2Server(settings, onRequest),
    "h2+tls": () => createSecureServer({ ...tls, ...settings }, onRequest),
  }[kind]();
  server.on("session", (session: ServerHttp2Session) => {
    session.on("error", () => undefined);
    sessions.push(session);
  });
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http${kind.endsWith("+tls") ? "s" : ""}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    sessions,
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function askedOf(request: IncomingMessage | Http2ServerRequest, body: string): Asked {
  const url = request.url ?? "";
  return {
    method: request.method ?? "",
    path: url.replace(/^http:\/\/[^/]+/, ""),
    host: "authority" in request ? request.authority : (request.headers.host ?? ""),
    header: (name) => request.headers[name]?.toString(),
    body,
    hangUp: () => ("stream" in request ? request.stream.session?.destroy() : request.socket.destroy()),
  };
}
