import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import { errnoOf, Fault } from "../src/model/fault.ts";
import { parsePlace } from "../src/proxy/address.ts";
import { ApiError } from "../src/proxy/api-error.ts";
import { createApi } from "../src/proxy/api.ts";
import { ProxyCollection } from "../src/proxy/proxy-collection.ts";
import { isLoopbackHost } from "../src/safety/allow.ts";
import { version } from "../src/version.ts";
import { allowOption } from "./flags.ts";

interface NamedProxy {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
}

interface ProxyFlags {
  readonly listen: string;
  readonly proxy: readonly NamedProxy[];
  readonly allow: readonly string[];
}

/** `peakproof proxy`: a forwarding proxy in the foreground, until Ctrl-C. */
export function proxyCommand(): Command {
  return new Command("proxy")
    .description("forward TCP connections, count their HTTP requests, and make them slow or fail: Toxiproxy's words and REST API")
    .option("--listen <host:port>", "address of the REST API", "127.0.0.1:8474")
    .addOption(
      new Option(
        "--proxy <name=listen->upstream>",
        "a proxy to start with, such as lab=127.0.0.1:9001->127.0.0.1:9000; repeatable",
      )
        .argParser(namedProxy)
        .default([], "none; the API makes them"),
    )
    .addOption(allowOption())
    .addHelpText(
      "after",
      `
Examples:
  $ peakproof proxy --proxy "lab=127.0.0.1:9001->127.0.0.1:9000"
  $ curl -d '{"type":"latency","attributes":{"latency":500,"jitter":50}}' 127.0.0.1:8474/proxies/lab/toxics
  $ curl -X DELETE 127.0.0.1:8474/proxies/lab/toxics/latency_downstream
  $ curl 127.0.0.1:8474/metrics

In a scenario: faults: { api: "http://127.0.0.1:8474", toxics: [...] } puts toxics there while the load goes on, and
thirdParties: { lab: { ..., meter: { proxy: "lab" } } } counts the calls that go through it.`,
    )
    .action(serveProxies);
}

function namedProxy(text: string, before: readonly NamedProxy[]): readonly NamedProxy[] {
  const match = /^([\w.-]{1,64})=(\S+?)->(\S+)$/.exec(text);
  const [, name, listen, upstream] = match ?? [];
  if (name === undefined || listen === undefined || upstream === undefined)
    throw new InvalidArgumentError('expected name=listen->upstream, such as "lab=127.0.0.1:9001->127.0.0.1:9000"');
  return [...before, { name, listen, upstream }];
}

async function serveProxies(flags: ProxyFlags): Promise<void> {
  const allowed = new Set(flags.allow);
  const collection = new ProxyCollection((host) => isLoopbackHost(host) || allowed.has(host === "" ? "::" : host));
  for (const proxy of flags.proxy) await collection.create(proxy).catch((error: unknown) => refuse(proxy, error));
  const server = createApi(collection, version);
  const address = await listenAt(server, flags);
  process.stdout.write(`proxy API  http://${address}   (/proxies, /metrics)\n`);
  for (const { name, state } of collection.all)
    process.stdout.write(`  ${name.padEnd(9)} ${state.listen} -> ${state.upstream}\n`);
  process.stdout.write("\nCtrl-C stops it.\n");
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  server.close();
  server.closeAllConnections();
  await collection.clear();
  process.stdout.write("\nstopped\n");
}

function refuse({ name, listen, upstream }: NamedProxy, error: unknown): never {
  if (!(error instanceof ApiError)) throw error;
  throw new Fault("usage", `the proxy ${name} cannot be started: ${error.message}`, {
    received: `${name}=${listen}->${upstream}`,
    expected: "host:port of this machine, free to listen on, and host:port to forward to; others by --allow <host>",
  });
}

/** Throws a usage Fault where the API cannot listen there, or may not. */
async function listenAt(server: Server, { listen, allow }: ProxyFlags): Promise<string> {
  const expected = "an address of this machine, such as 127.0.0.1:8474, or another one by --allow <host>";
  try {
    const { host, port } = parsePlace(listen);
    if (!isLoopbackHost(host) && !allow.includes(host)) throw new Error(`${host} is not this machine`);
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    throw new Fault("usage", "the API cannot listen there", { received: `--listen ${listen}: ${reasonOf(error)}`, expected });
  }
  const { address, port } = server.address() as AddressInfo;
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function reasonOf(error: unknown): string {
  return errnoOf(error) ?? (error instanceof Error ? error.message : String(error));
}
