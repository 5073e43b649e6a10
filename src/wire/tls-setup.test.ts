import { expect, it, vi } from "vitest";
import { certificate } from "../../test/tls-server.ts";
import { plainNetwork, type TlsPlan } from "../model/plan.ts";
import { TlsSetup } from "./tls-setup.ts";

const setup = (tls: Partial<TlsPlan>) => new TlsSetup({ ...plainNetwork.tls, ...tls }, "localhost");
const client = { cert: certificate("client"), key: certificate("client-key") };

it.each([
  ["connections.tls.ca cannot be read", { ca: "/nowhere/ca.pem" }, "/nowhere/ca.pem"],
  ["connections.tls.ca holds no certificate", { ca: certificate("server-key") }, certificate("server-key")],
  ["connections.tls.cert holds no certificate", { cert: import.meta.filename }, import.meta.filename],
  ["connections.tls.key holds no private key that can be used", { ...client, key: client.cert }, client.cert],
  ["connections.tls.key holds no private key that can be used", client, client.key],
  ["connections.tls: the certificate and the key do not go together", { ...client, key: certificate("server-key") }, client.cert],
])("says %s", (message, tls, file) => {
  expect(() => setup(tls)).toThrowError(
    expect.objectContaining({
      kind: "usage",
      message: expect.stringContaining(message),
      detail: expect.objectContaining({ received: expect.stringContaining(file), expected: expect.any(String) }),
    }),
  );
});

it("takes the passphrase from the environment, and never tells it", () => {
  const encrypted = { ...client, passphrase: "env:KEY_PASSPHRASE" };
  expect(() => setup(encrypted)).toThrowError(/KEY_PASSPHRASE is not set/);
  vi.stubEnv("KEY_PASSPHRASE", "wrong-secret");
  expect(() => setup(encrypted)).toThrowError(
    expect.objectContaining({ kind: "usage", message: expect.not.stringContaining("wrong-secret") }),
  );
  vi.stubEnv("KEY_PASSPHRASE", "open-sesame");
  expect(setup(encrypted).options.secureContext).toBeDefined();
  vi.unstubAllEnvs();
});
