import { describe, expect, it } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { input, scenarioOf } from "./loaded-scenario.fixture.ts";
import type { PlanOverrides } from "./overrides.ts";
import { makePlan } from "./plan.ts";

describe("the network", () => {
  const connectionsOf = (connections: ScenarioInput["connections"], overrides: PlanOverrides = {}, target = input.target) =>
    makePlan(scenarioOf({ target, ...(connections === undefined ? {} : { connections }) }), overrides).connections;

  it("is as the scenario says, with its files found from the scenario's folder", () => {
    expect(
      connectionsOf(
        {
          proxy: "http://127.0.0.1:3128/",
          resolve: { "Health.example:443": "[::1]" },
          sourceAddresses: ["127.0.0.2"],
          host: "health.example",
          tls: { serverName: "x.example", ca: "./ca.pem", cert: "/c.pem", key: "k.pem", passphrase: "env:P" },
        },
        {},
        "https://health.example",
      ),
    ).toMatchObject({
      protocol: "h1",
      proxy: "http://127.0.0.1:3128",
      resolve: { "health.example:443": "::1" },
      sourceAddresses: ["127.0.0.2"],
      host: "health.example",
      tls: { verify: true, serverName: "x.example", ca: "/tmp/ca.pem", cert: "/c.pem", key: "/tmp/k.pem", passphrase: "env:P" },
    });
  });

  it("is changed by flags: --insecure verifies nothing, --resolve adds, --source-address replaces", () => {
    const rules = { resolve: { "a.example:443": "127.0.0.1" }, sourceAddresses: ["127.0.0.2"], tls: { ca: "ca.pem" } };
    const flags = { insecure: true, resolve: { "b.example:443": "127.0.0.3" }, sourceAddresses: ["127.0.0.4", "127.0.0.5"] };
    expect(connectionsOf(rules, flags, ["https://a.example", "https://b.example"])).toMatchObject({
      resolve: { "a.example:443": "127.0.0.1", "b.example:443": "127.0.0.3" },
      sourceAddresses: ["127.0.0.4", "127.0.0.5"],
      tls: { verify: false, ca: null },
    });
  });

  it("lets a --resolve repeat what the scenario says, as a copied command line does", () => {
    const resolve = { "health.example:443": "127.0.0.9" };
    const { resolve: planned } = connectionsOf({ resolve }, { resolve, target: "http://127.0.0.1:1" }, "https://health.example");
    expect(planned).toEqual(resolve);
  });

  it("knows an IPv6 address by any of its spellings", () => {
    const resolve = { "[0:0:0:0:0:0:0:1]:8460": "127.0.0.9" };
    expect(connectionsOf({ resolve }, {}, "http://[::1]:8460").resolve).toEqual({ "[::1]:8460": "127.0.0.9" });
  });

  it("refuses a name of the scenario's own that is never connected to, and lets --target lead elsewhere", () => {
    const helth = { resolve: { "helth.example:443": "127.0.0.1" } };
    expect(faultOf(() => connectionsOf(helth, {}, "https://health.example")).detail).toMatchObject({
      received: "helth.example:443",
      fix: 'resolve: { "health.example:443": "127.0.0.1" }',
    });
    const health = { resolve: { "health.example:443": "127.0.0.1" } };
    expect(() => connectionsOf(health, { target: "http://127.0.0.1:1" }, "https://health.example")).not.toThrow();
  });

  it("refuses a --resolve and a --target by which a proxy would be asked for what it does not do", () => {
    const proxy = "http://127.0.0.1:3128";
    const resolve = { "Health.example:80": "127.0.0.1" };
    const resolved = faultOf(() => connectionsOf({ proxy }, { resolve }, "http://health.example"));
    expect(resolved.message).toBe("connections.resolve would do nothing: the proxy would not heed it");
    expect(resolved.detail.fix).toContain("--target http://127.0.0.1:80");
    const plain = { target: "http://127.0.0.1:8460" };
    const hosted = faultOf(() => connectionsOf({ proxy, host: "health.example" }, plain, "https://127.0.0.1"));
    expect(hosted.detail.fix).toContain("--target http://health.example:8460");
  });

  it("refuses a --resolve of what is never connected to, and says what was probably meant", () => {
    const fault = faultOf(() => connectionsOf({}, { resolve: { "helth.example:443": "127.0.0.1" } }, "https://health.example"));
    expect(fault.detail).toMatchObject({
      received: "helth.example:443",
      expected: "host:port of what this run connects to: health.example:443",
      fix: "--resolve health.example:443:127.0.0.1",
    });
  });
});
