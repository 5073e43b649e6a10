import { expect, it } from "vitest";
import { type ConnectionPlan, plainNetwork, type RunPlan } from "../model/plan.ts";
import { cannonAddress, pinned } from "./address.ts";

function planOf(target: string, connections: Partial<ConnectionPlan> = {}, targets = [target]): RunPlan {
  const all = { ...plainNetwork, policy: "keep-alive", max: 10, deadlineUs: 1e6, ...connections };
  return { target, targets, connections: all } as unknown as RunPlan;
}

it("connects where the plan resolves a name to", () => {
  const resolve = { "health.example:80": "127.0.0.1" };
  expect(cannonAddress(planOf("http://health.example", { resolve }))).toEqual({
    url: "http://127.0.0.1:80",
    serverName: null,
    notes: [],
  });
  expect(cannonAddress(planOf("http://[::1]:8080")).url).toBe("http://[::1]:8080");
});

it("refuses https unless it need not be verified, and says then that nobody did", () => {
  expect(() => cannonAddress(planOf("https://health.example"))).toThrow(/verifies no certificate/);
  const tls = { ...plainNetwork.tls, verify: false };
  expect(cannonAddress(planOf("https://health.example", { tls }))).toEqual({
    url: "https://health.example:443",
    serverName: "health.example",
    notes: [expect.stringContaining("No certificate was verified")],
  });
});

it("stays at the address at which a name answered, with the server name kept, and says so", () => {
  const tls = { ...plainNetwork.tls, verify: false };
  const named = cannonAddress(planOf("https://health.example:8443", { tls }));
  expect(pinned(named, "10.0.0.7")).toEqual({
    url: "https://10.0.0.7:8443",
    serverName: "health.example",
    notes: [...named.notes, "All connections went to 10.0.0.7, the address at which health.example answered."],
  });
  expect(pinned(cannonAddress(planOf("http://health.example")), "2001:db8::1").url).toBe("http://[2001:db8::1]");
  const addressed = cannonAddress(planOf("http://127.0.0.1:80"));
  expect(pinned(addressed, "127.0.0.1")).toEqual(addressed);
});

it.each([
  ["HTTP/2", planOf("http://a", { protocol: "h2" })],
  ["a proxy", planOf("http://a", { proxy: "http://p:1" })],
  ["source addresses", planOf("http://a", { sourceAddresses: ["127.0.0.2"] })],
  ["client certificates", planOf("https://a", { tls: { ...plainNetwork.tls, verify: false, cert: "/c.pem" } })],
  ["2 targets", planOf("http://a", {}, ["http://a", "http://b"])],
])("refuses %s, which autocannon cannot do", (what, plan) => {
  expect(() => cannonAddress(plan)).toThrow(what);
});
