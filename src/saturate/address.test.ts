import { expect, it } from "vitest";
import { type ConnectionPlan, plainNetwork, type RunPlan } from "../model/plan.ts";
import { cannonAddress } from "./address.ts";

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

it.each([
  ["HTTP/2", planOf("http://a", { protocol: "h2" })],
  ["a proxy", planOf("http://a", { proxy: "http://p:1" })],
  ["source addresses", planOf("http://a", { sourceAddresses: ["127.0.0.2"] })],
  ["client certificates", planOf("https://a", { tls: { ...plainNetwork.tls, verify: false, cert: "/c.pem" } })],
  ["2 targets", planOf("http://a", {}, ["http://a", "http://b"])],
])("refuses %s, which autocannon cannot do", (what, plan) => {
  expect(() => cannonAddress(plan)).toThrow(what);
});
