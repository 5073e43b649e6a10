/** Every toxic on a real connection of loopback, and none at all: then the bytes are the same. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listen, startApi, type StartedApi } from "./started-proxy.fixture.ts";

interface Bench extends AsyncDisposable {
  readonly api: StartedApi;
  /** Connections that the server behind the proxy got. */
  readonly served: readonly Socket[];
  connect(): Promise<Socket>;
  toxic(toxic: object): Promise<void>;
}

/** A server behind a proxy named `p`; `serve` has each of its connections. Half-closed by default, as TCP allows. */
async function startBench(serve: (socket: Socket) => void): Promise<Bench> {
  const served: Socket[] = [];
  const clients: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    served.push(socket.on("error", () => undefined));
    serve(socket);
  });
  const port = await listen(server);
  const api = await startApi();
  const created = await api.call("POST", "/proxies", { name: "p", listen: "127.0.0.1:0", upstream: `127.0.0.1:${port}` });
  const proxyPort = Number((created.body as { listen: string }).listen.split(":").at(-1));
  return {
    api,
    served,
    connect: async () => {
      const socket = connect({ port: proxyPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
      clients.push(socket.on("error", () => undefined));
      await once(socket, "connect");
      return socket;
    },
    toxic: async (toxic) => expect((await api.call("POST", "/proxies/p/toxics", toxic)).status).toBe(200),
    [Symbol.asyncDispose]: async () => {
      for (const socket of [...clients, ...served]) socket.destroy();
      await api[Symbol.asyncDispose]();
      server.close();
    },
  };
}

const echo = (socket: Socket): void => void socket.pipe(socket);
const timed = async (work: Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work;
  return performance.now() - start;
};
/** Until its end; unlike a loop over the socket, it leaves the other half open. */
const readAll = async (socket: Socket): Promise<Buffer> => {
  const parts: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => parts.push(bytes));
  await once(socket, "end");
  return Buffer.concat(parts);
};

describe("a proxy without toxics", () => {
  it("gives every byte on as it came, both ways, and the ends of both", async () => {
    await using bench = await startBench(echo);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100_000 }), { maxLength: 20 }), async (chunks) => {
        const socket = await bench.connect();
        const all = readAll(socket);
        for (const chunk of chunks) if (!socket.write(chunk)) await once(socket, "drain");
        socket.end();
        expect((await all).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("lets one side answer after the other has ended", async () => {
    await using bench = await startBench((socket) => {
      void readAll(socket).then((bytes) => socket.end(`${bytes.length} bytes`));
    });
    const socket = await bench.connect();
    socket.end("12345");
    expect((await readAll(socket)).toString()).toBe("5 bytes");
  });

  it("holds a sender back whose receiver does not read", async () => {
    await using bench = await startBench((socket) => socket.pause());
    const socket = await bench.connect();
    const chunk = Buffer.alloc(64 * 1024);
    let sentBytes = 0;
    // Until for 300 ms nothing more goes out: the kernel's buffers are full, and the proxy reads no more.
    for (let before = -1; before !== socket.bytesWritten - socket.writableLength;) {
      before = socket.bytesWritten - socket.writableLength;
      while (socket.writableLength < 1_000_000) socket.write(chunk);
      await sleep(300);
      sentBytes = socket.bytesWritten - socket.writableLength;
    }
    expect(sentBytes).toBeLessThan(20 * 1024 * 1024);
    expect(bench.api.collection.get("p").counts.upstreamBytes).toBeLessThanOrEqual(sentBytes);
  });

  it("passes a reset on, and closes a client whose upstream is not there", async () => {
    await using bench = await startBench(echo);
    const socket = await bench.connect();
    socket.write("a");
    await once(socket, "data");
    const [server] = bench.served;
    socket.resetAndDestroy();
    expect(((await once(server!, "error")) as [NodeJS.ErrnoException])[0].code).toBe("ECONNRESET");
    await bench.api.call("POST", "/proxies/p", { upstream: "127.0.0.1:1" });
    const lost = await bench.connect();
    await once(lost.resume(), "end");
  });

  it("counts connections, bytes and requests", async () => {
    await using bench = await startBench(echo);
    const request = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nab";
    const socket = await bench.connect();
    for (const part of [request.slice(0, 20), request.slice(20), request]) {
      socket.write(part);
      await once(socket, "data");
    }
    const { counts, open } = bench.api.collection.get("p");
    expect(counts).toMatchObject({ connections: 1, requests: 2, opaqueConnections: 0, upstreamBytes: 2 * request.length });
    expect(open).toBe(1);
    const other = await bench.connect();
    other.write("SSH-2.0-x\r\n");
    await once(other, "data");
    expect(counts.opaqueConnections).toBe(1);
  });
});

const answered = async (socket: Socket, bytes: Buffer | string = "x"): Promise<Buffer> => {
  const parts: Buffer[] = [];
  socket.write(bytes);
  for (let missing = bytes.length; missing > 0; missing -= parts.at(-1)!.length) {
    parts.push(((await once(socket, "data")) as [Buffer])[0]);
  }
  return Buffer.concat(parts);
};

describe("toxics", () => {
  it("latency delays what passes, on connections that are open, too, and no more when it is removed", async () => {
    await using bench = await startBench(echo);
    const socket = await bench.connect();
    expect(await timed(answered(socket))).toBeLessThan(100);
    await bench.toxic({ type: "latency", attributes: { latency: 200, jitter: 20 } });
    expect(await timed(answered(socket))).toBeGreaterThan(170);
    await bench.toxic({ type: "latency", stream: "upstream", attributes: { latency: 30_000 } });
    const held = answered(socket);
    await sleep(50);
    await bench.api.call("POST", "/reset");
    expect(await timed(held)).toBeLessThan(1_000);
    expect(await timed(answered(socket))).toBeLessThan(100);
  });

  it("latency keeps the bytes and their order, with jitter, slices and changes meanwhile", async () => {
    await using bench = await startBench(echo);
    await bench.toxic({ type: "latency", attributes: { latency: 5, jitter: 5 } });
    await bench.toxic({ type: "slicer", attributes: { average_size: 700, size_variation: 300 } });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), { minLength: 1, maxLength: 8 }),
        async (chunks) => {
          const socket = await bench.connect();
          const all = readAll(socket);
          for (const chunk of chunks) socket.write(chunk);
          socket.end();
          await bench.toxic({ type: "bandwidth", attributes: { rate: 100 } });
          await bench.api.call("POST", "/proxies/p/toxics/latency_downstream", { attributes: { latency: 2 } });
          await bench.api.call("DELETE", "/proxies/p/toxics/bandwidth_downstream");
          expect((await all).equals(Buffer.concat(chunks))).toBe(true);
        },
      ),
      { numRuns: 15 },
    );
  });

  it("bandwidth limits kilobytes per second", async () => {
    await using bench = await startBench(echo);
    await bench.toxic({ type: "bandwidth", attributes: { rate: 200 } });
    const socket = await bench.connect();
    const ms = await timed(answered(socket, Buffer.alloc(100_000)));
    expect(ms).toBeGreaterThan(450);
    expect(ms).toBeLessThan(1_500);
  });

  it("timeout lets nothing through, and closes after its time", async () => {
    await using bench = await startBench(echo);
    await bench.toxic({ type: "timeout", attributes: { timeout: 200 } });
    const socket = await bench.connect();
    socket.write("x");
    let gotBytes = 0;
    socket.on("data", (bytes: Buffer) => (gotBytes += bytes.length));
    expect(await timed(once(socket, "end"))).toBeGreaterThan(150);
    expect(gotBytes).toBe(0);
  });

  it("timeout 0 holds until it is removed, and closes then", async () => {
    await using bench = await startBench(echo);
    await bench.toxic({ type: "timeout" });
    const socket = await bench.connect();
    socket.write("x");
    let hasEnded = false;
    const ended = once(socket.resume(), "end").then(() => (hasEnded = true));
    await sleep(300);
    expect(hasEnded).toBe(false);
    await bench.api.call("DELETE", "/proxies/p/toxics/timeout_downstream");
    await ended;
  });

  it("reset_peer resets", async () => {
    await using bench = await startBench(echo);
    await bench.toxic({ type: "reset_peer", attributes: { timeout: 50 } });
    const socket = await bench.connect();
    socket.resume().write("x");
    expect(((await once(socket, "error")) as [NodeJS.ErrnoException])[0].code).toBe("ECONNRESET");
  });

  it("slow_close delays the end", async () => {
    await using bench = await startBench((socket) => socket.end("bye"));
    await bench.toxic({ type: "slow_close", attributes: { delay: 200 } });
    const socket = await bench.connect();
    expect(await timed(once(socket, "data"))).toBeLessThan(100);
    expect(await timed(once(socket, "end"))).toBeGreaterThan(150);
  });

  it("limit_data closes after so many bytes", async () => {
    await using bench = await startBench(echo);
    await bench.toxic({ type: "limit_data", attributes: { bytes: 10 } });
    const socket = await bench.connect();
    const all = readAll(socket);
    socket.write("0123456789abcdef");
    expect((await all).toString()).toBe("0123456789");
  });

  it("toxicity is the share of connections that are affected", async () => {
    await using bench = await startBench(echo);
    await bench.toxic({ type: "limit_data", toxicity: 0.5, attributes: { bytes: 0 } });
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const socket = await bench.connect();
        const all = readAll(socket);
        socket.end("x");
        return (await all).length;
      }),
    );
    const affected = outcomes.filter((length) => length === 0).length;
    // 60 draws of a half: outside 10 to 50 once in ten million runs.
    expect(affected).toBeGreaterThan(9);
    expect(affected).toBeLessThan(51);
  });

  it("down cuts what is open and refuses what comes", async () => {
    await using bench = await startBench(echo);
    const socket = await bench.connect();
    await answered(socket);
    const closed = once(socket.resume(), "close");
    await bench.api.call("POST", "/proxies/p", { enabled: false });
    socket.end();
    await closed;
    await expect(bench.connect()).rejects.toThrow(/ECONNREFUSED/);
    expect(bench.api.collection.get("p").open).toBe(0);
  });
});
