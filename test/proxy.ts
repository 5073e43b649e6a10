import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A proxy that opens tunnels (CONNECT) and forwards the rest, each connection to the one server its first request is for. */
export interface Proxy {
  readonly origin: string;
  /** First lines of the requests that connections began with. */
  readonly asked: readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers CONNECT with `status`, and opens the tunnel if that is 200 and there is a server; otherwise 502. */
export async function startProxy(status = 200): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", (bytes) => {
      socket.pause();
      const [line = ""] = bytes.toString("latin1").split("\r\n");
      asked.push(line);
      const [method = "", target = ""] = line.split(" ");
      const isTunnel = method === "CONNECT";
      const { hostname, port } = new URL(isTunnel ? `tunnel://${target}` : target);
      const onward = connect({ host: hostname, port: Number(port), noDelay: true });
      sockets.add(onward);
      onward.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
      onward.on("close", () => socket.destroySoon());
      socket.on("close", () => onward.destroy());
      onward.on("connect", () => {
        if (isTunnel) socket.write(`HTTP/1.1 ${status} Answer\r\n${status === 200 ? "" : "Content-Length: 0\r\n"}\r\n`);
        else onward.write(bytes);
        onward.pipe(socket).pipe(onward);
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
