import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { expect, it } from "vitest";
import { askingClient, getRoot } from "../../test/asking-client.ts";
import { certificate, startTlsServer } from "../../test/tls-server.ts";
import { plainNetwork } from "../model/plan.ts";

const reply = `HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n${"x".repeat(5_000)}`;
const network = { ...plainNetwork, tls: { ...plainNetwork.tls, ca: certificate("ca") } };

it("counts what went over connections that are open, and over those that were closed", async () => {
  const server = createServer((socket: Socket) => socket.on("data", () => socket.write(reply)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  using wire = askingClient(port);
  await wire.ask();
  expect(wire.client.bytes).toBe(getRoot.length + reply.length);
  for (let times = 0; times < 4; times++) await wire.ask({ fresh: true });
  expect(wire.client.bytes).toBe(5 * (getRoot.length + reply.length));
  server.close();
});

it("counts TLS as it was on the wire", async () => {
  await using server = await startTlsServer((socket) => socket.write(reply));
  using wire = askingClient(server.port, { origin: `https://localhost:${server.port}`, network });
  await wire.ask();
  const bytes = server.secured.map(({ bytesRead, bytesWritten }) => bytesRead + bytesWritten);
  expect(wire.client.bytes).toBeGreaterThanOrEqual(getRoot.length + reply.length);
  expect(bytes).toHaveLength(1);
});
