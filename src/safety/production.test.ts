import { expect, it } from "vitest";
import { looksLikeProduction, productionHosts } from "./production.ts";

const connections = { proxy: null, resolve: {}, sourceAddresses: [], host: null };
const local = "http://127.0.0.1:1";

it.each([
  "www.example.com",
  "api-prod.internal",
  "eu1prod2.example",
  "prd.db",
  "live.example.com",
  "WWW.Example.com",
  "production",
  "www.example.qa",
  "api-prod.example.dev",
])("%s looks like production", (host) => expect(looksLikeProduction(host)).toBe(true));

it.each(
  `www.staging.example.com nonprod.example.com pre-prod.example.com prod.test live-qa.example.com www-dev.example
   product.example.com olive.example.com delivery.example api.example.com 10.0.0.1 2001:db8::1`.split(/\s+/),
)("%s does not", (host) => expect(looksLikeProduction(host)).toBe(false));

it("finds them wherever a run names one: targets, admin, proxy, resolve and the Host that is sent, each once", () => {
  const places = {
    targets: ["https://www.a.example:443", "https://www.a.example:8443", local],
    admin: "https://admin.prod.example",
    connections: {
      ...connections,
      proxy: "http://proxy.live.example:3128",
      resolve: { "www.b.example:443": "127.0.0.1", "[::1]:80": "127.0.0.1" },
      host: "WWW.C.example:80",
    },
  };
  expect(productionHosts(places)).toEqual([
    "www.a.example",
    "admin.prod.example",
    "proxy.live.example",
    "www.b.example",
    "www.c.example",
  ]);
});

it("has nothing to say about this machine", () => {
  expect(productionHosts({ targets: [local], admin: local, connections, others: ["db.prod.internal", "10.0.0.7"] })).toEqual([
    "db.prod.internal",
  ]);
  expect(productionHosts({ targets: [local, "http://localhost:2"], admin: "http://[::1]:3", connections })).toEqual([]);
});
