import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type TlsOptions, type TLSSocket } from "node:tls";

/** Path of one of the test certificates or keys. */
export function certificate(name: string): string {
  return `${import.meta.dirname}/certificates/${name}.pem`;
}

/** A TLS server without HTTP, like the raw one: it hands each read to `answer` as text. */
export interface TlsServer {
  readonly port: number;
  /** Connections whose handshake was completed, in that order. */
  readonly secured: readonly TLSSocket[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Listens on 127.0.0.1 with the certificate for localhost, peakproof.test and 127.0.0.1 unless `options` say otherwise. */
export async function startTlsServer(
  answer: (socket: TLSSocket, request: string) => unknown,
  options: TlsOptions = {},
): Promise<TlsServer> {
  const secured: TLSSocket[] = [];
  const server = createServer(
    { cert: readFileSync(certificate("server")), key: readFileSync(certificate("server-key")), ...options },
    (socket) => {
      secured.push(socket);
      socket.on("error", () => socket.destroy());
      socket.on("data", (bytes) => answer(socket, bytes.toString("latin1")));
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    secured,
    [Symbol.asyncDispose]: async () => {
      for (const socket of secured) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
