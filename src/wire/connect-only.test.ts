import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { refusedPort, startRawServer } from "../../test/raw-server.ts";
import { plainNetwork } from "../model/plan.ts";
import { connectOnly } from "./connect-only.ts";
import { endpointFor } from "./endpoint.ts";

it("says how long a connect took and leaves nothing open, in the scenario's network", async () => {
  const origins: (string | undefined)[] = [];
  await using server = await startRawServer(() => undefined, { accept: (socket) => origins.push(socket.remoteAddress) });
  const resolve = { [`target.test:${server.port}`]: "127.0.0.1" };
  const network = { ...plainNetwork, resolve, sourceAddresses: ["127.0.0.2", "127.0.0.3"] };
  const endpoint = endpointFor(`https://target.test:${server.port}`, network);
  for (let times = 0; times < 3; times++) {
    expect(await connectOnly(endpoint, 1_000)).toEqual({ connectUs: expect.any(Number) });
  }
  while (server.accepted < 3 || server.sockets.size > 0) await wait(1);
  expect(origins).toEqual(["127.0.0.2", "127.0.0.3", "127.0.0.2"]);
});

it("says why there is none", async () => {
  const endpoint = endpointFor(`http://127.0.0.1:${await refusedPort()}`, plainNetwork);
  expect(await connectOnly(endpoint, 1_000)).toEqual({ error: "connect:ECONNREFUSED" });
});
