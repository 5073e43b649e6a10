/** The leaves of `target` and `connections`. */
import {
  distinct,
  durationUs,
  integer,
  isAddress,
  isBoolean,
  isHostAndPort,
  isHostName,
  isOrigin,
  isPlain,
  oneOf,
  text,
} from "./accept.ts";
import { limits } from "./limits.ts";

const origin = "an http:// or https:// address with no path, query or user name";
const file = { accepts: text(isPlain), expected: "the path of a PEM file, from the scenario file" };

/** Origins differ where their normal forms do: a slash or a capital makes no other server. */
function areOrigins(value: unknown): boolean {
  const normal = (one: unknown): unknown => (typeof one === "string" && URL.canParse(one) ? new URL(one).origin : one);
  return Array.isArray(value) && value.every(text(isOrigin)) && distinct(() => true, limits.targets)(value.map(normal));
}

export const connectionFields = {
  target: {
    accepts: (value: unknown) => text(isOrigin)(value) || areOrigins(value),
    expected: `${origin}, or a list of 1 to ${limits.targets} different ones`,
    write: 'target: "http://127.0.0.1:8460"',
  },
  admin: { accepts: text(isOrigin), expected: origin, write: 'admin: "http://127.0.0.1:8461"' },
  policy: { accepts: oneOf("keep-alive", "fresh"), expected: '"keep-alive" or "fresh"', write: 'policy: "keep-alive"' },
  maxConnections: { accepts: integer(1, limits.connections), expected: "a whole number from 1 to 60,000", write: "max: 2_000" },
  deadline: { accepts: durationUs(1_000, limits.deadlineUs), expected: "a duration from 1ms to 10m", write: 'deadline: "10s"' },
  protocol: { accepts: oneOf("h1", "h2"), expected: '"h1" or "h2"', write: 'protocol: "h1"' },
  proxy: {
    accepts: text((value) => isOrigin(value) && /^http:/i.test(value)),
    expected: "an http:// address with no path, query or user name, since TLS to a proxy is not supported",
    write: 'proxy: "http://127.0.0.1:3128"',
  },
  resolveName: {
    accepts: text(isHostAndPort),
    expected: "host:port, the port always there",
    write: 'resolve: { "health.example:443": "127.0.0.1" }',
  },
  resolveAddress: {
    accepts: text(isAddress),
    expected: "an IP address",
    write: 'resolve: { "health.example:443": "127.0.0.1" }',
  },
  sourceAddresses: {
    accepts: distinct(text(isAddress), limits.sourceAddresses),
    expected: `1 to ${limits.sourceAddresses} different IP addresses of this machine`,
    write: 'sourceAddresses: ["127.0.0.2", "127.0.0.3"]',
  },
  host: {
    accepts: text((value) => /^[\w.-]+(:\d{1,5})?$|^\[[\da-f:.]+\](:\d{1,5})?$/i.test(value) && URL.canParse(`http://${value}`)),
    expected: "a host name with or without a port, as the Host header has it",
    write: 'host: "health.example"',
  },
  insecure: { accepts: isBoolean, expected: "true or false", write: "insecure: true" },
  serverName: { accepts: text(isHostName), expected: "a host name, which is no address", write: 'serverName: "health.example"' },
  ca: { ...file, write: 'ca: "./ca.pem"' },
  cert: { ...file, write: 'cert: "./client.pem"' },
  key: { ...file, write: 'key: "./client.key"' },
  passphrase: {
    accepts: text((value) => /^env:[A-Za-z_]\w*$/.test(value)),
    expected: "the name of an environment variable, never the passphrase itself",
    write: 'passphrase: "env:CLIENT_KEY_PASSPHRASE"',
    secret: true,
  },
} as const;
