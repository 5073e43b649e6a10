import { resolve } from "node:path";
import { expect, it } from "vitest";
import { faultOf } from "../test/fault-of.ts";
import { certificate } from "../test/tls-server.ts";
import { plainNetwork, type TlsPlan } from "../src/model/plan.ts";
import { exampleRun } from "./example-run.ts";
import { trustedAgain, type TrustFlags } from "./trust.ts";

function runOf(tls: Partial<TlsPlan>, admin = "https://health.example:8443") {
  const connections = { ...exampleRun().plan.connections, tls: { ...plainNetwork.tls, ...tls } };
  return exampleRun({ plan: { admin, connections } });
}

const tlsOf = (tls: Partial<TlsPlan>, flags: TrustFlags): TlsPlan => trustedAgain(runOf(tls), flags).plan.connections.tls;

it("asks for --insecure again where the run verified nothing", () => {
  const fault = faultOf(() => tlsOf({ verify: false }, {}));
  expect(fault).toMatchObject({ kind: "usage", detail: { fix: "peakproof cleanup <run> --insecure" } });
  expect(fault.detail.received).toContain("https://health.example:8443");
  expect(tlsOf({ verify: false }, { insecure: true }).verify).toBe(false);
});

it("asks for nothing where admin is plain http", () => {
  const run = runOf({ verify: false }, "http://127.0.0.1:8461");
  expect(trustedAgain(run, {})).toBe(run);
});

it("asks for --insecure again for targets, too, where undo speaks to them", () => {
  const { plan } = runOf({ verify: false }, "http://127.0.0.1:8461");
  const targets = ["https://health.example"];
  const plain = exampleRun({ plan: { ...plan, targets } });
  expect(trustedAgain(plain, {})).toBe(plain);
  const undone = exampleRun({ plan: { ...plan, targets, cleanup: { stores: [{ kind: "undo" }] } } });
  expect(faultOf(() => trustedAgain(undone, {})).detail.received).toContain("https://health.example,");
  expect(trustedAgain(undone, { insecure: true }).plan.connections.tls.verify).toBe(false);
});

it("verifies by a --ca also what the run did not verify", () => {
  expect(tlsOf({ verify: false }, { ca: certificate("ca") })).toMatchObject({ verify: true, ca: certificate("ca") });
});

it("verifies nothing with --insecure, whatever the run trusted", () => {
  expect(tlsOf({ ca: "/nowhere/ca.pem" }, { insecure: true })).toMatchObject({ verify: false, ca: null });
});

it("takes files from here instead of those of the first machine", () => {
  const recorded = { ca: "/nowhere/ca.pem", cert: "/nowhere/c.pem", key: "/nowhere/k.pem", passphrase: "env:P", serverName: "x" };
  const here = { ca: "test/certificates/ca.pem", cert: certificate("client"), key: certificate("client-key") };
  expect(tlsOf(recorded, here)).toEqual({ ...recorded, ...here, ca: resolve(here.ca), verify: true });
});

it("names the flag for a recorded file that is not here", () => {
  expect(faultOf(() => tlsOf({ ca: "/nowhere/ca.pem" }, {})).detail).toMatchObject({
    received: "/nowhere/ca.pem",
    fix: "--ca <file>",
  });
});

it("refuses a certificate without its key", () => {
  expect(faultOf(() => tlsOf({}, { cert: certificate("client") })).message).toBe("--cert needs --key");
});
