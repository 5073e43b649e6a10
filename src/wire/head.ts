/** Reading the head of a reply as text, for checks: only where it was kept (`Exchange.head`). */

/**
 * The fields of a head by lower-case name; one that came several times is joined by `, ` (RFC 9110, section 5.3; several
 * `set-cookie` cannot be told apart then: see `setCookiesOf`). No name is inherited, so `constructor` is undefined unless it came.
 */
export function headersOf(head: string): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (const line of head.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (colon < 1) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = trimmed(line, colon + 1);
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier}, ${value}`;
  }
  return headers;
}

/** The first field of this lower-case name, or undefined. Makes no string but the value. */
export function headerOf(head: string, name: string): string | undefined {
  let at = head.indexOf("\r\n") + 2;
  while (at > 1 && at < head.length) {
    const found = head.indexOf("\r\n", at);
    const end = found === -1 ? head.length : found;
    if (head.charCodeAt(at + name.length) === 0x3a && isNamed(head, at, name))
      return trimmed(head.slice(at, end), name.length + 1);
    at = end + 2;
  }
  return undefined;
}

/** The values of all `set-cookie` fields, in their order. */
export function setCookiesOf(head: string): string[] {
  const cookies: string[] = [];
  for (const line of head.split("\r\n").slice(1)) {
    if (line.charCodeAt(setCookie.length) === 0x3a && isNamed(line, 0, setCookie))
      cookies.push(trimmed(line, setCookie.length + 1));
  }
  return cookies;
}

const setCookie = "set-cookie";

/** Both are tokens, so setting bit 5 compares letters in any case; `name` is lower case already. */
function isNamed(head: string, from: number, name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    if ((head.charCodeAt(from + at) | 0x20) !== name.charCodeAt(at)) return false;
  }
  return true;
}

function trimmed(line: string, from: number): string {
  return line.slice(from).replace(/^[\t ]+|[\t ]+$/g, "");
}
