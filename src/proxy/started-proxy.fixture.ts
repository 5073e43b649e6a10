import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { isLoopbackHost } from "../safety/allow.ts";
import { createApi } from "./api.ts";
import { ProxyCollection } from "./proxy-collection.ts";

/** The API on a free port, for a test. */
export interface StartedApi extends AsyncDisposable {
  readonly url: string;
  readonly collection: ProxyCollection;
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** Starts the API with no proxies. */
export async function startApi(): Promise<StartedApi> {
  const collection = new ProxyCollection(isLoopbackHost);
  const server = createApi(collection, "2.9.9");
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    url,
    collection,
    call: async (method, path, body) => {
      const reply = await fetch(url + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await reply.text();
      return { status: reply.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
    },
    [Symbol.asyncDispose]: async () => {
      await collection.clear();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Listens on a free port of loopback and gives it. */
export async function listen(server: Server = createServer()): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
