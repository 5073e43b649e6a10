import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { once } from "node:events";
import { AbstractConnector, Redis } from "ioredis";
import postgres from "postgres";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { certificate } from "../../test/tls-server.ts";
import { databaseHost, postgresSocket, redisConnector } from "./database-connect.ts";

const servers: Server[] = [];
let names: (string | false | null)[] = [];
beforeEach(() => void (names = []));
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Notes the server name of each TLS connection and cuts it. */
const secure = createTlsServer(
  { cert: readFileSync(certificate("server")), key: readFileSync(certificate("server-key")) },
  (socket: TLSSocket) => {
    names.push(socket.servername);
    socket.on("error", () => undefined).destroy();
  },
).on("tlsClientError", () => undefined);

async function portOf(server: Server): Promise<number> {
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const permitted = { permitted: ["127.0.0.1", "::1"] };

it("gives TLS the name of the server, and not its address, to PostgreSQL", async () => {
  // Its clients ask in the clear first whether it speaks TLS.
  const port = await portOf(
    createServer((socket) => {
      socket
        .on("error", () => undefined)
        .once("data", () => {
          socket.write("S");
          secure.emit("connection", socket);
        });
    }),
  );
  const url = `postgres://me@localhost:${port}/x?sslmode=require`;
  const sql = postgres(url, { ...postgresSocket(url, permitted), max: 1, onnotice: () => undefined });
  // It tries again and again until it has an answer.
  const asked = sql`SELECT 1`.catch(() => undefined);
  await vi.waitFor(() => expect(names).toContain("localhost"));
  await Promise.all([sql.end({ timeout: 0 }), asked]);
  expect(new Set(names)).toEqual(new Set(["localhost"]));
});

it("gives it to Redis, too, whatever host stands in the address's query", async () => {
  const port = await portOf(
    createServer(
      (socket) =>
        void secure.emit(
          "connection",
          socket.on("error", () => undefined),
        ),
    ),
  );
  const url = `rediss://localhost:${port}?host=192.0.2.1&port=1`;
  const client = new Redis(url, {
    ...redisConnector(AbstractConnector, url, permitted),
    lazyConnect: true,
    retryStrategy: () => null,
  });
  const errors: Error[] = [];
  client.on("error", (error: Error) => errors.push(error));
  await expect(client.connect()).rejects.toThrow("Connection is closed");
  client.disconnect();
  // The test's own authority is not one of Node's: it came as far as the certificate.
  expect(errors).toContainEqual(expect.objectContaining({ code: expect.stringContaining("UNABLE_TO_VERIFY") }));
});

it("knows an address by its host, without brackets", () => {
  expect(databaseHost("postgres://me:pw@db.example:5432/x")).toBe("db.example");
  expect(databaseHost("redis://[::1]/0")).toBe("::1");
});
