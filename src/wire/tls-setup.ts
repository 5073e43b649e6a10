import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import {
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
} from "node:tls";
import { Fault, messageOf } from "../model/fault.ts";
import type { TlsPlan } from "../model/plan.ts";

/** What `tls.connect` is told, beside where to connect to. */
export interface TlsConnectOptions {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
  readonly ALPNProtocols: string[];
  readonly servername?: string;
}

/** What all TLS connections of a client have in common. Made once: files are read, and a context is built, in milliseconds. */
export class TlsSetup {
  readonly options: TlsConnectOptions;
  /**
   * The latest session of a verified connection. The next one hands it to the server, which may then skip its signature (TLS 1.2
   * and 1.3), as it does for a browser that comes back.
   */
  session: Buffer | null = null;

  /** Throws Fault `usage` where a file cannot be read or is not what it should be. */
  constructor(plan: TlsPlan, identity: string) {
    this.options = {
      secureContext: createContext(plan),
      rejectUnauthorized: plan.verify,
      // Named here, since Node would go by the address we connect to, which `resolve` may have put in its place.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(identity, certificate),
      ALPNProtocols: ["http/1.1"],
      // A server name is never an address (RFC 6066, section 3).
      ...(isIP(identity) === 0 ? { servername: identity } : {}),
    };
  }
}

function createContext(plan: TlsPlan): SecureContext {
  try {
    return createSecureContext(secureOptions(plan));
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault("usage", `connections.tls: the certificate and the key do not go together: ${messageOf(thrown)}`, {
      received: `${plan.cert ?? "no cert"} and ${plan.key ?? "no key"}`,
      expected: "a client certificate and its own private key",
    });
  }
}

function secureOptions(plan: TlsPlan): SecureContextOptions {
  const passphrase = plan.passphrase === null ? undefined : secretOf(plan.passphrase);
  return {
    ...(plan.ca === null ? {} : { ca: readPem("ca", plan.ca, (pem) => new X509Certificate(pem)) }),
    ...(plan.cert === null ? {} : { cert: readPem("cert", plan.cert, (pem) => new X509Certificate(pem)) }),
    ...(plan.key === null ? {} : { key: readPem("key", plan.key, (pem) => createPrivateKey(withPassphrase(pem, passphrase))) }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

const contents = { ca: "certificates", cert: "a certificate", key: "a private key" };

function readPem(field: keyof typeof contents, path: string, check: (pem: string) => unknown): string {
  let reason = "cannot be read";
  try {
    const pem = readFileSync(path, "utf8");
    reason = `holds no ${field === "key" ? "private key that can be used" : "certificate"}`;
    check(pem);
    return pem;
  } catch (thrown) {
    throw new Fault("usage", `connections.tls.${field} ${reason}: ${messageOf(thrown)}`, {
      received: path,
      expected: `a PEM file with ${contents[field]}`,
      fix: fixFor(field),
    });
  }
}

function fixFor(field: keyof typeof contents): string {
  const name = `${field}: "certificates/${field}.pem"`;
  return field === "key" ? `${name}, and passphrase: "env:NAME" where the key is encrypted` : name;
}

function withPassphrase(key: string, passphrase: string | undefined): { key: string; passphrase?: string } {
  return passphrase === undefined ? { key } : { key, passphrase };
}

/** What the environment holds for `env:NAME`. */
function secretOf(source: string): string {
  const name = source.replace(/^env:/, "");
  const secret = process.env[name];
  if (secret !== undefined) return secret;
  throw new Fault("usage", `${name} is not set, which connections.tls.passphrase names`, {
    received: source,
    expected: "the name of an environment variable that holds the passphrase",
    fix: `export ${name}=...`,
  });
}
