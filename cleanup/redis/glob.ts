/** Redis's glob patterns, as `SCAN MATCH` has them, where a key must be judged here. Keys and patterns are bytes, one character each. */

/** A text as bytes, one character each: keys need not be UTF-8. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** A pattern that matches the text alone. */
export function literalGlob(text: string): string {
  return text.replaceAll(/[*?[\]\\^]/g, String.raw`\$&`);
}

/** A part of a pattern: a text that matches itself alone, or one that matches more. */
interface GlobPart {
  readonly literal: boolean;
  readonly source: string;
}

/** What a pattern matches. Throws RangeError for a class without its end, which Redis would read to the end of the pattern. */
export function globMatcher(pattern: string): RegExp {
  return new RegExp(`^${partsOf(pattern).map(sourceOf).join("")}$`, "s");
}

/** Whether whatever a pattern matches has the text in it. Throws RangeError as above. */
export function alwaysHolds(pattern: string, text: string): boolean {
  return literalsOf(partsOf(pattern)).some((literal) => literal.includes(text));
}

function partsOf(pattern: string): GlobPart[] {
  const parts: GlobPart[] = [];
  for (let at = 0; at < pattern.length;) {
    const character = pattern[at] ?? "";
    const part = character === "[" ? classAt(pattern, at) : plainAt(pattern, at);
    parts.push(part.part);
    at = part.end;
  }
  return parts;
}

interface Cut {
  readonly part: GlobPart;
  readonly end: number;
}

function plainAt(pattern: string, at: number): Cut {
  const character = pattern[at] ?? "";
  if (character === "*") return { part: { literal: false, source: ".*" }, end: at + 1 };
  if (character === "?") return { part: { literal: false, source: "." }, end: at + 1 };
  const isEscape = character === "\\" && at + 1 < pattern.length;
  return { part: { literal: true, source: isEscape ? (pattern[at + 1] ?? "") : character }, end: at + (isEscape ? 2 : 1) };
}

/** `[abc]`, `[a-z]`, `[^a]`. Ends of a range may stand in either order. */
function classAt(pattern: string, start: number): Cut {
  const negated = pattern[start + 1] === "^";
  const ranges: string[] = [];
  let at = start + (negated ? 2 : 1);
  while (pattern[at] !== "]") {
    if (at >= pattern.length) throw new RangeError("a [ without its ]");
    if (pattern[at] === "\\" && at + 1 < pattern.length) {
      ranges.push(escaped(pattern[at + 1] ?? ""));
      at += 2;
    } else if (pattern[at + 1] === "-" && at + 2 < pattern.length) {
      const [low = "", high = ""] = [pattern[at] ?? "", pattern[at + 2] ?? ""].toSorted();
      ranges.push(`${escaped(low)}-${escaped(high)}`);
      at += 3;
    } else {
      ranges.push(escaped(pattern[at] ?? ""));
      at += 1;
    }
  }
  // Redis's empty class matches nothing, and its negation anything.
  return { part: { literal: false, source: `[${negated ? "^" : ""}${ranges.join("")}]` }, end: at + 1 };
}

function literalsOf(parts: readonly GlobPart[]): string[] {
  const literals = [""];
  for (const { literal, source } of parts) {
    if (literal) literals.push((literals.pop() ?? "") + source);
    else literals.push("");
  }
  return literals;
}

function sourceOf({ literal, source }: GlobPart): string {
  return literal ? escaped(source) : source;
}

/** By its code: so it means itself within a class and outside of one. */
function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
