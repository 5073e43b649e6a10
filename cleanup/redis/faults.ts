/** What an error of Redis, or of the way to it, means to a sweep, and what its reader can do about it. */
import { errnoOf, messageOf } from "../../src/model/fault.ts";
import { notAllowedCode, notAllowedFix } from "../../src/safety/permitted-lookup.ts";
import { StoreFault } from "../store.ts";

/** First words of errors that pass: it loads its data, runs somebody's script, saves, or finds no primary or memory just now. */
const passing: ReadonlySet<string> = new Set([
  "LOADING",
  "BUSY",
  "TRYAGAIN",
  "MASTERDOWN",
  "CLUSTERDOWN",
  "MISCONF",
  "OOM",
  "NOREPLICAS",
]);

const fixes: Readonly<Record<string, string>> = {
  NOAUTH: "write user and password into the address: redis://user:password@host:port",
  WRONGPASS: "check user and password of the address",
  NOPERM: "allow the user what the message names: SCAN, TYPE, UNLINK, EVAL and reading of the keys in cleanup.redis",
  WRONGTYPE: "check the keys in cleanup.redis: streams are streams, counters are whole numbers, tombstones are a set",
  READONLY: "name the primary, not a replica that only reads",
  MOVED: "name a Redis that is no cluster; a custom cleanup can go through the nodes of one",
  CROSSSLOT: "name a Redis that is no cluster; a custom cleanup can go through the nodes of one",
  ERR: "check the settings in cleanup.redis, and that the server is Redis 4 or newer",
};

const connectionFix = "check that the Redis is up and run peakproof cleanup again";

/** The StoreFault for anything that a call threw; one that is a StoreFault already stays as it is. `clean` takes secrets out. */
export function redisFault(thrown: unknown, what: string, clean: (text: string) => string): StoreFault {
  if (thrown instanceof StoreFault) return thrown;
  const code = errnoOf(thrown) ?? "";
  const said = clean(messageOf(thrown)) || code;
  const message = `${what} failed: ${said}`;
  // No cause: the error of the client carries the command with it, AUTH and its password included.
  if (isReply(thrown)) {
    const [word = ""] = said.split(" ", 1);
    const fix = fixes[word] ?? connectionFix;
    return new StoreFault(word in fixes ? "usage" : "unreachable", message, { transient: passing.has(word), detail: { fix } });
  }
  if (code === notAllowedCode) return new StoreFault("safety", message, { detail: { fix: notAllowedFix } });
  if (isCertificateCode(code)) {
    const fix = "check that the address has the certificate's name; an authority of your own goes into NODE_EXTRA_CA_CERTS";
    return new StoreFault("unreachable", message, { detail: { fix } });
  }
  return new StoreFault("unreachable", message, { transient: true, detail: { fix: connectionFix } });
}

/** Whether the server itself said no: the connection can be used on. */
export function isReply(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "ReplyError";
}

/** By the codes of OpenSSL's verification and of Node's own check of the name (Node's documentation of `node:tls`). */
function isCertificateCode(code: string): boolean {
  return /CERT|^UNABLE_TO_|^INVALID_|^HOSTNAME_MISMATCH$|^ERR_TLS_/.test(code);
}
