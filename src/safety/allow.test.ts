import { describe, expect, it } from "vitest";
import { rejectedFault } from "../../test/fault-of.ts";
import type { Fault } from "../model/fault.ts";
import { checkAllowed, isLoopbackHost, type Resolve } from "./allow.ts";

const names: Readonly<Record<string, readonly string[]>> = {
  localhost: ["127.0.0.1", "::1"],
  "staging.example.com": ["10.0.0.5", "10.0.0.6"],
  "app.test": ["127.0.0.1"],
};
const resolve: Resolve = (name) =>
  names[name] === undefined ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve(names[name]);

const nothing = { proxy: null, resolve: {}, sourceAddresses: [] };

/** Checks a run with one target. */
async function checkTarget(target: string, admin: string, allowed: readonly string[], by?: Resolve): Promise<void> {
  await checkAllowed({ targets: [target], admin, connections: nothing }, allowed, by);
}

async function refusal(target: string, admin = target, allowed: readonly string[] = [], by: Resolve = resolve): Promise<Fault> {
  return rejectedFault(checkTarget(target, admin, allowed, by));
}

describe("the allow list", () => {
  it.each([
    "http://127.0.0.1:8460",
    "http://127.9.8.7",
    "http://127.1:80",
    "http://2130706433",
    "http://[::1]:8460",
    "http://[::ffff:127.0.0.1]/",
    "http://LOCALHOST:1",
    "https://localhost./x",
  ])("lets %s pass, which is this machine", async (target) => {
    await expect(checkTarget(target, target, [], resolve)).resolves.toBeUndefined();
  });

  it.each(["http://10.0.0.5", "http://0.0.0.0:80", "http://[2001:db8::1]", "http://127.0.0.1.example.com", "http://128.0.0.1"])(
    "refuses %s without --allow",
    async (target) => {
      const fault = await refusal(target);
      expect(fault.kind).toBe("usage");
      expect(fault.detail.fix).toContain("--allow ");
    },
  );

  it("names every host at fault at once, with the flags to add", async () => {
    const fault = await refusal("http://staging.example.com", "http://10.9.9.9:81");
    expect(fault.message).toContain("staging.example.com resolves to 10.0.0.5, 10.0.0.6; 10.9.9.9 is not this machine");
    expect(fault.detail.fix).toBe("add --allow staging.example.com --allow 10.9.9.9");
  });

  it("judges hosts beside them, by name or address, as it judges those", async () => {
    const target = "http://127.0.0.1:1";
    const reach = { targets: [target], admin: target, connections: nothing, others: ["10.9.9.9", "staging.example.com", "::1"] };
    const fault = await rejectedFault(checkAllowed(reach, [], resolve));
    expect(fault.detail.fix).toBe("add --allow 10.9.9.9 --allow staging.example.com");
    expect(await checkAllowed(reach, ["10.9.9.9", "staging.example.com"], resolve)).toEqual(["10.9.9.9", "10.0.0.5", "10.0.0.6"]);
  });

  it("accepts a host by its exact name, and by nothing like it", async () => {
    await expect(
      checkTarget("http://Staging.example.com", "http://localhost", ["staging.EXAMPLE.com"], resolve),
    ).resolves.toBeUndefined();
    expect((await refusal("http://staging.example.com", undefined, ["example.com"])).kind).toBe("usage");
    expect((await refusal("http://staging.example.com", undefined, ["*.example.com"])).message).toContain('not "*.example.com"');
  });

  it("accepts a name by its addresses only when all of them are allowed", async () => {
    await expect(
      checkTarget("http://staging.example.com", "http://localhost", ["10.0.0.5", "10.0.0.6"], resolve),
    ).resolves.toBeUndefined();
    expect((await refusal("http://staging.example.com", undefined, ["10.0.0.5"])).kind).toBe("usage");
  });

  it("accepts an IPv6 address however it is spelt", async () => {
    await expect(
      checkTarget("http://[2001:db8::1]:80", "http://localhost", ["2001:0DB8:0::1"], resolve),
    ).resolves.toBeUndefined();
  });

  it("refuses a localhost that resolves elsewhere", async () => {
    const elsewhere: Resolve = () => Promise.resolve(["127.0.0.1", "192.0.2.7"]);
    expect((await refusal("http://localhost:80", undefined, [], elsewhere)).message).toContain(
      "localhost resolves to 127.0.0.1, 192.0.2.7",
    );
  });

  it("refuses another name that happens to resolve to loopback, since its zone can point it elsewhere", async () => {
    expect((await refusal("http://app.test")).detail.fix).toBe("add --allow app.test");
  });

  it("says so when a name does not resolve", async () => {
    expect((await refusal("http://nowhere.test")).message).toContain("nowhere.test does not resolve");
  });

  it("tells who pastes an address into --allow what it takes", async () => {
    const fault = await refusal("http://localhost", "http://localhost", ["http://staging.example.com"]);
    expect(fault.message).toContain('--allow takes a host name or address, not "http://staging.example.com"');
  });

  it("does not repeat a password of an address it cannot read", async () => {
    const fault = await refusal("ftp://me:hunter22@host");
    expect(JSON.stringify(fault.detail)).not.toContain("hunter22");
  });

  it("resolves the real localhost to this machine", async () => {
    await expect(checkTarget("http://localhost:1", "http://127.0.0.1:1", [])).resolves.toBeUndefined();
  });
});

describe("every place that a run connects to", () => {
  const local = "http://127.0.0.1:1";
  const check = (changes: object, targets = [local], allowed: readonly string[] = []) =>
    checkAllowed({ targets, admin: local, connections: { ...nothing, ...changes } }, allowed, resolve);

  it("is judged: each of several targets", async () => {
    const fault = await rejectedFault(check({}, [local, "http://10.0.0.7", "http://10.0.0.8"]));
    expect(fault.detail.fix).toBe("add --allow 10.0.0.7 --allow 10.0.0.8");
  });

  it("is judged: the proxy, and the targets behind it by their own names", async () => {
    const proxy = "http://10.0.0.9:3128";
    expect((await rejectedFault(check({ proxy }))).detail.fix).toBe("add --allow 10.0.0.9");
    const behind = check({ proxy, resolve: { "app.test:80": "127.0.0.1" } }, ["http://app.test"], ["10.0.0.9"]);
    expect((await rejectedFault(behind)).detail.fix).toBe("add --allow app.test");
  });

  it("is judged by the address that it is given, whatever its name", async () => {
    await expect(check({ resolve: { "nowhere.test:443": "127.0.0.1" } }, ["https://nowhere.test"])).resolves.toEqual([]);
    const elsewhere = { resolve: { "staging.example.com:80": "192.0.2.7" } };
    const fault = await rejectedFault(check(elsewhere, ["http://staging.example.com"], ["staging.example.com"]));
    expect(fault.message).toContain("192.0.2.7 is not this machine");
    await expect(check(elsewhere, ["http://staging.example.com"], ["192.0.2.7"])).resolves.toEqual(["192.0.2.7"]);
  });

  it("is judged even where an address is given to a name that nothing connects to", async () => {
    expect((await rejectedFault(check({ resolve: { "else.test:80": "192.0.2.7" } }))).detail.fix).toBe("add --allow 192.0.2.7");
  });
});

describe("what names may resolve to from then on", () => {
  const permitted = (target: string, ...allowed: string[]) =>
    checkAllowed({ targets: [target], admin: "http://127.0.0.1:1", connections: nothing }, allowed, resolve);

  it("is what was allowed, and what allowed names resolve to now", async () => {
    expect(await permitted("http://staging.example.com", "staging.example.com", "2001:0DB8::1")).toEqual([
      "2001:db8::1",
      "10.0.0.5",
      "10.0.0.6",
    ]);
    expect(await permitted("http://staging.example.com", "10.0.0.5", "10.0.0.6")).toEqual(["10.0.0.5", "10.0.0.6"]);
    expect(await permitted("http://app.test", "app.test")).toEqual(["127.0.0.1"]);
  });

  it("is nothing beside localhost for a run on this machine, nor for an allowed name that nobody knows", async () => {
    expect(await permitted("http://localhost")).toEqual([]);
    expect(await permitted("http://nowhere.test", "nowhere.test")).toEqual([]);
  });
});

it("knows loopback by its spelling alone", () => {
  expect(["127.0.0.1", "::1", "[::1]", "localhost"].map(isLoopbackHost)).toEqual([true, true, true, true]);
  expect(["0.0.0.0", "10.0.0.1", "localhost.example.com"].map(isLoopbackHost)).toEqual([false, false, false]);
});
