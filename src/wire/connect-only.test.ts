import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { refusedPort, startRawServer } from "../../test/raw-server.ts";
import { connectOnly } from "./connect-only.ts";

it("says how long a connect took and leaves nothing open", async () => {
  await using server = await startRawServer(() => undefined);
  const result = await connectOnly("127.0.0.1", server.port, 1_000);
  expect(result).toEqual({ connectUs: expect.any(Number) });
  while (server.accepted < 1 || server.sockets.size > 0) await wait(1);
});

it("says why there is none", async () => {
  expect(await connectOnly("127.0.0.1", await refusedPort(), 1_000)).toEqual({ error: "connect:ECONNREFUSED" });
});
