import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

/** Runs a program in a process of its own, from the root of the repository. */
function run(program: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8", timeout: 15_000 });
}

it.each([
  ["h1", null, false],
  ["h2", null, true],
  ["h1", "http://127.0.0.1:3128", true],
])("over %s and the proxy %s undici is loaded: %s", (protocol, proxy, isLoaded) => {
  const program = `
    import { createRequire } from "node:module";
    import { plainNetwork } from "./src/model/plan.ts";
    import { openTransport } from "./src/wire/transport.ts";
    const network = { ...plainNetwork, ...${JSON.stringify({ protocol, proxy })} };
    openTransport({ origin: "http://127.0.0.1:1", network, maxConnections: 1, now: () => 1, settled: () => undefined });
    process.stdout.write(String(Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("undici"))));`;
  expect(run(program).stdout).toBe(String(isLoaded));
});

it("what `settled` throws ends the process, as with our own HTTP/1.1", () => {
  const program = `
    import { createServer } from "node:http2";
    import { plainNetwork } from "./src/model/plan.ts";
    import { Exchange } from "./src/wire/exchange.ts";
    import { openTransport } from "./src/wire/transport.ts";
    const server = createServer((_request, reply) => reply.end()).listen(0, "127.0.0.1", () => {
      const network = { ...plainNetwork, protocol: "h2" };
      const settled = () => {
        throw new Error("nobody may swallow this");
      };
      const origin = "http://127.0.0.1:" + server.address().port;
      const transport = openTransport({ origin, network, maxConnections: 1, now: () => 1, settled });
      const request = "GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n";
      transport.dispatch(Object.assign(new Exchange(), { request, deadlineUs: 1_000_000 }));
    });`;
  const { status, stderr } = run(program);
  expect(stderr).toContain("nobody may swallow this");
  expect(status).toBe(1);
});
