import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** A server without HTTP: it hands each read to `answer` as text, and counts sockets. Close it with `close`. */
export interface RawServer {
  readonly port: number;
  /** Sockets accepted so far. */
  readonly accepted: number;
  readonly sockets: ReadonlySet<Socket>;
  /** Refuses new connections from now on; open ones live on. */
  stopListening(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * `answer(socket, request, number)` gets what one read brought and the number of reads before it, over all sockets; `accept` gets
 * each new socket.
 */
export async function startRawServer(
  answer: (socket: Socket, request: string, number: number) => unknown,
  options: { readonly port?: number; readonly accept?: (socket: Socket) => unknown } = {},
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let reads = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    accepted += 1;
    sockets.add(socket);
    options.accept?.(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => answer(socket, bytes.toString("latin1"), reads++));
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const closed = once(server, "close");
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) server.close();
    await closed;
  };
  return {
    port: address.port,
    get accepted() {
      return accepted;
    },
    sockets,
    stopListening: () => void server.close(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A whole reply, of which nothing matters. */
export const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A server that answers everything with the same bytes. */
export function startReplyingServer(reply = ok): Promise<RawServer> {
  return startRawServer((socket) => socket.write(reply, "latin1"));
}

/** A port on which nobody listens: it was free a moment ago. */
export async function refusedPort(): Promise<number> {
  const server = await startRawServer(() => undefined);
  await server.close();
  return server.port;
}
