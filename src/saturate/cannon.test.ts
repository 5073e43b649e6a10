import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { monotonicUs } from "../measure/clock.ts";
import { Cannon } from "./cannon.ts";

const request = { method: "GET", path: "/", headers: { host: "localhost" }, body: null };

const stormsFrom = 2_000;

/** A cannon before a server that does this with each connection, and how many of those it had. */
async function before(meet: (socket: Socket) => void) {
  let connects = 0;
  const server = createServer((socket) => {
    // Without a brake the storm would have the test's own loop to itself.
    if (++connects > stormsFrom) cannon.drain();
    meet(socket.on("error", () => undefined));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cannon = new Cannon({ url, serverName: null, requests: [request], expect: null }, (thrown) => {
    throw thrown;
  });
  return {
    cannon,
    connects: () => connects,
    [Symbol.asyncDispose]: async () => {
      cannon.drain();
      server.close();
      await vi.waitFor(() => expect(cannon.isDrained).toBe(true), 5_000);
    },
  };
}

it.each([
  ["closes", (socket: Socket) => void socket.end()],
  ["resets", (socket: Socket) => void socket.resetAndDestroy()],
])("gives up each connection of a target that %s them all, and says so in every window", async (_, meet) => {
  await using target = await before(meet);
  const { cannon, connects } = target;
  cannon.open(4, 0);
  await vi.waitFor(() => expect(cannon.isDrained).toBe(true), 5_000);
  const had = connects();
  expect(had).toBeLessThanOrEqual(4 * 25);
  cannon.measure({ fromUs: monotonicUs(), toUs: monotonicUs() + 50_000 });
  await delay(60);
  const { failed, givenUp, errors } = cannon.measured();
  expect({ failed, givenUp }).toEqual({ failed: 4, givenUp: 4 });
  expect(Object.keys(errors).every((key) => key.startsWith("connection:"))).toBe(true);
  expect(connects()).toBe(had);
});

it("keeps a connection that has a reply in between, however often it is closed", async () => {
  await using target = await before((socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  });
  const { cannon, connects } = target;
  cannon.open(1, 0);
  await vi.waitFor(() => expect(connects()).toBeGreaterThan(60), { timeout: 5_000, interval: 5 });
  expect(cannon.isDrained).toBe(false);
});
