import { once } from "node:events";
import { connect, createServer, type AddressInfo, type LookupFunction } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAllowed } from "./allow.ts";
import { permittedLookup } from "./permitted-lookup.ts";

/** A resolver whose answer can be changed. */
function fakeLookup(answer: { addresses: readonly string[] }): LookupFunction {
  return (_name, options, callback) => {
    const list = answer.addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    if (options.all === true) callback(null, list);
    else callback(null, list[0]?.address ?? "", list[0]?.family);
  };
}

/** The error code that a connection ends with; null: it was opened. */
async function connected(host: string, port: number, lookup: LookupFunction | undefined): Promise<string | null> {
  const socket = connect({ host, port, ...(lookup === undefined ? {} : { lookup }) });
  const code = await Promise.race([
    once(socket, "connect").then(() => null),
    new Promise<string>((resolve) =>
      socket.on("error", (error) => resolve("code" in error ? String(error.code) : error.message)),
    ),
  ]);
  socket.destroy();
  return code;
}

describe("a lookup within the allow list", () => {
  it("refuses a name whose answer changes after the run was allowed, and the next connection sends nothing there", async () => {
    let visits = 0;
    const server = createServer((socket) => {
      visits += 1;
      socket.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const answer = { addresses: ["127.0.0.1"] };
    const origin = `http://app.test:${port}`;
    const reach = { targets: [origin], admin: origin, connections: { proxy: null, resolve: {}, sourceAddresses: [] } };
    const permitted = await checkAllowed(reach, ["app.test"], async () => answer.addresses);
    expect(permitted).toEqual(["127.0.0.1"]);
    const { lookup } = permittedLookup({ permitted }, fakeLookup(answer));
    expect(await connected("app.test", port, lookup)).toBeNull();
    answer.addresses = ["127.0.0.2"];
    expect(await connected("app.test", port, lookup)).toBe("NOT_ALLOWED");
    answer.addresses = ["127.0.0.1", "127.0.0.2"];
    expect(await connected("app.test", port, lookup)).toBe("NOT_ALLOWED");
    expect(visits).toBe(1);
    server.close();
  });

  it("lets localhost be this machine, and no other name", async () => {
    const { lookup } = permittedLookup({ permitted: [] }, fakeLookup({ addresses: ["127.0.0.1"] }));
    expect(await connected("localhost", 9, lookup)).toBe("ECONNREFUSED");
    expect(await connected("app.test", 9, lookup)).toBe("NOT_ALLOWED");
  });

  it("asks for nothing where nothing was judged", () => {
    expect(permittedLookup({})).toEqual({});
  });

  it("passes on that a name is not known", async () => {
    const unknown: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error("no"), { code: "ENOTFOUND" }), "", 0);
    expect(await connected("nowhere.test", 9, permittedLookup({ permitted: [] }, unknown).lookup)).toBe("ENOTFOUND");
  });
});

it("gives no address that was not permitted, whatever the resolver answers", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("::ffff:10.0.0.1", "127.0.0.1"));
  fc.assert(
    fc.property(fc.uniqueArray(address), fc.array(address, { minLength: 1 }), fc.boolean(), (permitted, addresses, all) => {
      const { lookup } = permittedLookup({ permitted }, fakeLookup({ addresses }));
      lookup?.("app.test", { all }, (_error, answer) => {
        const given = typeof answer === "string" ? [answer] : answer.map((each) => each.address);
        expect(given.filter((each) => each !== "" && isNew(each, permitted))).toEqual([]);
      });
    }),
  );
});

/** Whether an address is not among others in any spelling. */
function isNew(address: string, others: readonly string[]): boolean {
  const spelt = (one: string): string =>
    one.includes(":") ? new URL(`http://[${one}]`).hostname : new URL(`http://${one}`).hostname;
  return !others.map(spelt).includes(spelt(address));
}
