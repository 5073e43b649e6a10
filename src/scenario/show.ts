/** Longest rendering of a received value: enough to recognise it in one line of a terminal. */
const shownCharacters = 60;

/** A received value as its author would recognise it, in one line. User names and passwords in addresses are masked. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "symbol") return String(value);
  const text = render(value).replaceAll(/\/\/[^/@\s"]+@/g, "//***@");
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}...`;
}

function render(value: unknown): string {
  if (value instanceof Promise) return "a promise";
  if (value instanceof Date || value instanceof RegExp) return String(value);
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    // Cycles and bigints inside: what it is must do.
    return Array.isArray(value) ? "an array" : "an object";
  }
}
