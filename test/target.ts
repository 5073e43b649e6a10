import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createSecureServer,
  createServer as createH2Server,
  type Http2ServerRequest,
  type SecureServerOptions,
  type ServerHttp2Session,
} from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** A request as it reached the target. Milliseconds on the target's own clock. */
export interface Visit {
  /** When its head was there. */
  readonly atMs: number;
  /** When its reply was about to be handed over; NaN until then. */
  answeredMs: number;
  /** Number of the connection that it came on, from 0. */
  readonly connection: number;
  /** Address that it came from. */
  readonly from: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** `x-synthetic-purpose`; empty where it has none. */
  readonly purpose: string;
  readonly user: string;
  /** The same for all attempts at one request, and for no two requests. */
  readonly trace: string;
}

/** What the target saw of a TLS handshake. */
export interface Handshake {
  /** The name in SNI, or null. */
  readonly serverName: string | null;
  readonly resumed: boolean;
  /** Common name in the client's certificate, or null. */
  readonly client: string | null;
}

/** A real server of Node's that keeps its own account of what reaches it: the truth that a record is held against. */
export interface Target extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  /** In the order in which they had come in full. */
  readonly visits: readonly Visit[];
  /** Those of the load alone: no warm-up, no preparation. */
  readonly load: readonly Visit[];
  readonly handshakes: readonly Handshake[];
  /** Connections on which a request came. */
  readonly usedConnections: number;
  /** Visits to a path, query and all. */
  at(path: string): Visit[];
}

export interface TargetOptions {
  readonly protocol?: "h1" | "h2";
  /** Absent: plain TCP. */
  readonly tls?: SecureServerOptions;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

/** Starts one on a free port; `answer` is called for each request that has come in full. */
export async function startTarget(
  answer: (visit: Visit, reply: ServerResponse) => unknown,
  { protocol = "h1", tls, host = "127.0.0.1" }: TargetOptions = {},
): Promise<Target> {
  const visits: Visit[] = [];
  const handshakes: Handshake[] = [];
  const numbers = new Map<Socket, number>();
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const receive = (request: IncomingMessage | Http2ServerRequest, reply: unknown): void => {
    const socket = "stream" in request ? (request.stream.session?.socket ?? request.socket) : request.socket;
    if (!numbers.has(socket)) numbers.set(socket, numbers.size);
    const connection = numbers.get(socket) ?? -1;
    void visitOf(request, { connection, from: socket.remoteAddress ?? "" }).then((visit) => {
      visits.push(visit);
      answer(visit, timed(reply as ServerResponse, visit));
    });
  };
  const server = open(protocol, tls, receive);
  server.on("session", (session: ServerHttp2Session) => sessions.add(session.on("error", () => undefined)));
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => undefined)));
  server.on("secureConnection", (socket: TLSSocket) => handshakes.push(handshakeOf(socket)));
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http${tls === undefined ? "" : "s"}://${host}:${port}`,
    port,
    visits,
    handshakes,
    get load() {
      return visits.filter(({ purpose }) => purpose === "load");
    },
    get usedConnections() {
      return numbers.size;
    },
    at: (path) => visits.filter((visit) => visit.path === path),
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function open(
  protocol: "h1" | "h2",
  tls: SecureServerOptions | undefined,
  receive: (request: IncomingMessage | Http2ServerRequest, reply: unknown) => void,
): Server {
  if (protocol === "h2") return tls === undefined ? createH2Server(receive) : createSecureServer(tls, receive);
  return tls === undefined ? createServer(receive) : createHttpsServer(tls, receive);
}

async function visitOf(request: IncomingMessage | Http2ServerRequest, place: Pick<Visit, "connection" | "from">): Promise<Visit> {
  const atMs = performance.now();
  const parts: Buffer[] = [];
  request.on("data", (bytes: Buffer) => parts.push(bytes));
  await once(request, "end");
  const { method = "", url = "", headers } = request;
  const header = (name: string): string => headers[name]?.toString() ?? "";
  return {
    ...place,
    atMs,
    answeredMs: Number.NaN,
    method,
    path: url,
    headers,
    body: Buffer.concat(parts),
    purpose: header("x-synthetic-purpose"),
    user: header("x-synthetic-user"),
    trace: header("traceparent").split("-")[1] ?? "",
  };
}

/** A reply that notes its time: before it is handed over, since the client may act on it before the kernel comes back to us. */
function timed(reply: ServerResponse, visit: Visit): ServerResponse {
  const end = reply.end.bind(reply) as (...parts: unknown[]) => ServerResponse;
  return Object.assign(reply, {
    end: (...parts: unknown[]) => {
      visit.answeredMs = performance.now();
      return end(...parts);
    },
  });
}

function handshakeOf(socket: TLSSocket): Handshake {
  // Node sets it on a server's socket, and its types do not say so.
  const { servername } = socket as { servername?: unknown };
  const subject = socket.getPeerCertificate().subject as { CN?: string } | undefined;
  return {
    serverName: typeof servername === "string" ? servername : null,
    resumed: socket.isSessionReused(),
    client: subject?.CN ?? null,
  };
}

/** Answers with JSON. */
export function sendJson(
  reply: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string | string[]> = {},
): void {
  reply.writeHead(status, { "content-type": "application/json", ...headers });
  reply.end(JSON.stringify(value));
}
