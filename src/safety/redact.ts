/**
 * Keeps secrets out of samples, errors and reports. It errs on the safe side: a word lost from an error message costs less
 * than a token in a report that is mailed around. Redact before truncating: half a token at the cut is no longer recognised.
 */

import { Fault } from "../model/fault.ts";

/** What stands where a secret stood. */
export const redacted = "[redacted]";

/** Shortest value that is taken for a secret: shorter ones (`1`, `true`) occur in any text. */
const shortestSecret = 6;

/** Names of variables whose values are secrets. `key` is broad on purpose. */
const secretVariable = /token|secret|passw|credential|key/i;

const secretWord =
  "(?:authorization|cookie|token|secret|passw(?:or)?d|passphrase|credential|api[-_]?key|access[-_]?key|private[-_]?key)";

/** What begins with a secret word; what stands before it (`x-`, `access_`) need not be matched to be kept. Bounded: no quadratic scan. */
const secretName = `${secretWord}[\\w-]{0,40}`;
const secretHeader = new RegExp(secretWord, "i");

/**
 * What follows a secret's name and is none: a placeholder, the name of a variable (`passphrase: "env:NAME"`), and what we say ourselves
 * of a scenario's field (`connections.tls.passphrase: received nothing`). People must be able to read what to write instead.
 */
const noSecret = String.raw`\[redacted\]|\.\.\.(?![^\s"'&,;<>)\]}])|"?env:[A-Za-z_]\w*(?![\w:-])|received `;

/** Each pattern replaces the value and keeps the name, so that a reader still sees what was there. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // Escaped JSON within JSON: {\"token\":\"abc\"}
  [new RegExp(String.raw`(${secretName})(\\{1,8}")(\s{0,20}:\s{0,20})\\{1,8}".*?(?:\\{1,8}"|$)`, "gis"), `$1$2$3$2${redacted}$2`],
  // JSON: "token": "abc", "pin_secret": 1234, "tokens": ["a", "b"]
  [
    new RegExp(
      String.raw`(${secretName}["']\s{0,20}:\s{0,20})("(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\[[^\]]*\]?|[^\s,}\]]+)`,
      "gis",
    ),
    `$1"${redacted}"`,
  ],
  // Header lines: the whole rest of the line, since cookies and schemes hold spaces, quotes and semicolons.
  [
    new RegExp(String.raw`((?:authorization|cookie)[ \t]{0,20}[:=][ \t]{0,20})(?![ \t]{0,20}(?:${noSecret}))[^\r\n]+`, "gi"),
    `$1${redacted}`,
  ],
  // Query strings, forms and assignments: access_token=abc, x-api-key: abc
  [
    new RegExp(
      String.raw`(${secretName}\s{0,20}[:=]\s{0,20})(?!\s{0,20}(?:${noSecret}))("[^"\r\n]*"?|'[^'\r\n]*'?|[^\s&"',;<>]+)`,
      "gi",
    ),
    `$1${redacted}`,
  ],
  [/\b((?:bearer|basic|digest)[ \t]{1,20})(?!\[redacted\])[^\s"',;<>]{4,}/gi, `$1${redacted}`],
  // JSON Web Tokens, wherever they stand.
  [/\beyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)?/g, redacted],
  // https://user:password@host
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/"'<>]*@/gi, `$1${redacted}@`],
];

/**
 * A function that takes secrets out of a text: `values`, those of secret-looking variables of `environment`, and known patterns. Values
 * of fewer than six characters are left, since they occur in any text.
 */
export function makeRedactor(
  environment: Readonly<Record<string, string | undefined>>,
  values: readonly string[] = [],
): (text: string) => string {
  const pattern = valuePattern([...secretsOf(environment), ...values]);
  return (text) => {
    let clean = pattern === null ? text : text.replace(pattern, redacted);
    for (const [known, replacement] of patterns) clean = clean.replace(known, replacement);
    return clean;
  };
}

let ownRedactor: ((text: string) => string) | undefined;

/** Takes secrets out of a text, with this process's environment as it was at the first call (reading it costs 50 us), and by `keepSecret`. */
export function redact(text: string): string {
  ownRedactor ??= makeRedactor(process.env);
  return ownRedactor(text);
}

/**
 * A function that takes out of a text what is in these values and nothing else: texts of six characters and more, and whole numbers of
 * as many digits. Where there are too many of them to look for, it takes out everything.
 */
export function makeValueRedactor(values: unknown): (text: string) => string {
  const texts = textsIn(values);
  if (texts.length > keptTextsMax) return () => redacted;
  const pattern = valuePattern(texts);
  return (text) => (pattern === null ? text : text.replace(pattern, redacted));
}

/** Most texts that are kept secret. So many, of 48 characters, were found in a reply of 4,000 within 6 ms, on a machine of two cores. */
const keptTextsMax = 10_000;

/**
 * Makes `redact` take out, in this thread and from now on, every text and whole number in what a `setup` returned, too: nobody but its
 * author knows what of it is secret. Names of an object's fields are no values and stay; keys of a Map are. Throws a usage Fault where
 * there are too many of them.
 */
export function keepSecret(made: unknown): void {
  const texts = textsIn(made);
  if (texts.length > keptTextsMax) {
    throw new Fault("usage", "setup() returned too many texts and numbers to keep all of them out of the record", {
      received: `${texts.length} of them`,
      expected: `at most ${keptTextsMax}`,
      fix: "derive what is each user's own from one secret, or let a journey fetch it",
    });
  }
  ownRedactor = makeRedactor(process.env, texts);
  // The first use compiles the pattern, which takes too long to do under load.
  ownRedactor(texts[0] ?? "");
}

/** Longest text that is searched for what it calls secret itself. */
const searchedCharactersMax = 32_000;

/**
 * The values in a request that its own words call secret: of headers such as `authorization` and `cookie`, of parameters and fields such
 * as `access_token`. Whoever answers may say them back without those words.
 */
export function secretsNamedIn(request: string): string[] {
  const text = request.slice(0, searchedCharactersMax);
  return patterns.flatMap(([pattern]) =>
    [...text.matchAll(pattern)].flatMap(([all, name = ""]) => valuesOf(all.slice(name.length))),
  );
}

/** A value as it stands there, without its quotes, its scheme (`Bearer`), and each value of a list of cookies. */
function valuesOf(value: string): string[] {
  const bare = value.trim().replace(/^["']|["']$|@$/g, "");
  const cookies = bare.split(/;\s*/).map((pair) => pair.replace(/^[^=]*=/, ""));
  return [bare, bare.replace(/^\w+ /, ""), ...cookies];
}

function textsIn(value: unknown, seen = new Set<object>()): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "bigint" || Number.isInteger(value))
    return [String(value)].filter((digits) => digits.length >= shortestSecret);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || seen.has(value)) return [];
  seen.add(value);
  const parts: Iterable<unknown> = value instanceof Map ? [...value].flat() : value instanceof Set ? value : Object.values(value);
  return [...parts].flatMap((part) => textsIn(part, seen));
}

/** A fault without the secrets that its words may carry: a scenario's own error can quote anything. */
export function redactFault({ kind, message, detail, cause }: Fault): Fault {
  const clean = Object.fromEntries(Object.entries(detail).map(([name, text]) => [name, redact(String(text))]));
  return new Fault(kind, redact(message), clean, { cause });
}

/** Variables of a command line as they may be written down: a name that looks secret loses its value. */
export function redactVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, secretVariable.test(name) ? redacted : redact(value)]),
  );
}

/** Headers with the values of credentials replaced whole, and the others passed through `redact`. */
export function redactHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeader.test(name) ? redacted : redact(value)]),
  );
}

function secretsOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment)
    .filter(([name]) => secretVariable.test(name))
    .map(([, value]) => value?.trim() ?? "");
}

/** Longest first, so that a secret that begins another does not leave the other's tail. */
function valuePattern(values: readonly string[]): RegExp | null {
  const spellings = new Set(values.filter((value) => value.length >= shortestSecret).flatMap(spellingsOf));
  if (spellings.size === 0) return null;
  const longestFirst = [...spellings].toSorted((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map(escapePattern).join("|"), "g");
}

/** `RegExp.escape` came with Node 24; we stand on 22. */
function escapePattern(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** As it is, within JSON, within a URL. A lone surrogate cannot be in a URL, so it has no such spelling. */
function spellingsOf(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return secret.isWellFormed() ? [secret, inJson, encodeURIComponent(secret)] : [secret, inJson];
}
