import { Fault } from "../model/fault.ts";
import { fields, tokenReference } from "./fields.ts";

/** What a header may carry (RFC 9110, section 5.5), without the blanks that a copied file brings along. */
const headerSafe = /^[\u0021-\u007e]+$/;

/**
 * The token behind `env:NAME` or `env:NAME:-fallback`; an empty variable counts as not set, as in a shell.
 * Throws a usage Fault that names the variable, never its value.
 */
export function resolveToken(reference: string, env: Readonly<Record<string, string | undefined>>): string {
  const groups = tokenReference.exec(reference)?.groups;
  if (groups === undefined) {
    throw new Fault("usage", "a token is named, never written out", {
      received: "a value (not shown)",
      expected: fields.token.expected,
      fix: fields.token.write,
    });
  }
  const name = groups["name"] ?? "";
  const token = (env[name] || groups["fallback"] || "").trim();
  if (token === "") {
    throw new Fault("usage", `the environment variable ${name} is not set`, {
      received: "nothing",
      expected: `the token that ${reference} refers to`,
      fix: `export ${name}=...`,
    });
  }
  if (!headerSafe.test(token)) {
    throw new Fault("usage", `the environment variable ${name} holds no usable token`, {
      received: "a value with blanks, line breaks or letters beyond ASCII (not shown)",
      expected: "printable ASCII without blanks",
      fix: `export ${name}=...`,
    });
  }
  return token;
}
