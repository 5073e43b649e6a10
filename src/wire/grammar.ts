/**
 * The grammar of lines in an HTTP/1.1 reply (RFC 9110, RFC 9112), judged on bytes so that no string is made for what nobody
 * asked for. As strict as llhttp, the parser of Node and undici: what it refuses, a Node client in production would refuse.
 */

const tab = 0x09;
const space = 0x20;
const comma = 0x2c;
const colon = 0x3a;
const del = 0x7f;

/** `token` characters of RFC 9110, section 5.6.2. */
const tokenBytes = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  tokenBytes[character.charCodeAt(0)] = 1;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Minor version of a status line that begins with `HTTP/1.0 ` or `HTTP/1.1 `, or -1. */
export function minorVersionOf(bytes: Buffer, from: number, to: number): number {
  if (to - from < 12) return -1;
  const isHttp1 =
    bytes[from] === 0x48 && // H
    bytes[from + 1] === 0x54 && // T
    bytes[from + 2] === 0x54 && // T
    bytes[from + 3] === 0x50 && // P
    bytes[from + 4] === 0x2f && // /
    bytes[from + 5] === 0x31 && // 1
    bytes[from + 6] === 0x2e && // .
    bytes[from + 8] === space;
  const minor = (bytes[from + 7] as number) - 0x30;
  return isHttp1 && (minor === 0 || minor === 1) ? minor : -1;
}

/** Status of such a line: three digits, then a space and a reason, or nothing. -1 where it is none, or below 100. */
export function statusOf(bytes: Buffer, from: number, to: number): number {
  const at = from + 9;
  const hundreds = bytes[at] as number;
  const tens = bytes[at + 1] as number;
  const ones = bytes[at + 2] as number;
  if (!isDigit(hundreds) || !isDigit(tens) || !isDigit(ones) || hundreds === 0x30) return -1;
  if (at + 3 < to && (bytes[at + 3] !== space || !isClean(bytes, at + 4, to))) return -1;
  return (hundreds - 0x30) * 100 + (tens - 0x30) * 10 + (ones - 0x30);
}

/**
 * Index of the colon in a field line, or -1 where the line is no field: an empty or broken name, a folded line, a control
 * character in the value (a lone CR and NUL among them).
 */
export function fieldColon(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && tokenBytes[bytes[at] as number] === 1) at++;
  if (at === from || at === to || bytes[at] !== colon) return -1;
  return isClean(bytes, at + 1, to) ? at : -1;
}

/** Whether a text is free of control characters other than the tab. */
function isClean(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if ((byte < space && byte !== tab) || byte === del) return false;
  }
  return true;
}

/** First index at or after `from` that is no optional white space. */
export function skipSpace(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] === space || bytes[at] === tab)) at++;
  return at;
}

/** Index after the last byte before `to` that is no optional white space. */
export function trimSpace(bytes: Buffer, from: number, to: number): number {
  let at = to;
  while (at > from && (bytes[at - 1] === space || bytes[at - 1] === tab)) at--;
  return at;
}

/** Whether `bytes[from, to)` is this lower-case word in any case. Only for tokens: setting bit 5 also maps CR to `-`. */
export function isWord(bytes: Buffer, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let at = 0; at < word.length; at++) {
    if (((bytes[from + at] as number) | 0x20) !== word[at]) return false;
  }
  return true;
}

/** End of the list member that begins at `from`: the next comma, or `to`. Good for lists of tokens, where no comma is quoted. */
export function memberEnd(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== comma) at++;
  return at;
}

/** Value of decimal digits and nothing else, or -1. Rounded above 2^53, which no limit of ours reaches. */
export function decimalOf(bytes: Buffer, from: number, to: number): number {
  if (from >= to) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (!isDigit(byte)) return -1;
    value = value * 10 + (byte - 0x30);
  }
  return value;
}

/** Size of a chunk from its line: hexadecimal digits, then nothing or `;` and an extension without control characters; or -1. */
export function chunkSizeOf(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  let at = from;
  for (; at < to; at++) {
    const digit = hexDigitOf(bytes[at] as number);
    if (digit === -1) break;
    value = value * 16 + digit;
  }
  const isWhole = at > from && (at === to || (bytes[at] === 0x3b && isClean(bytes, at, to)));
  return isWhole ? value : -1;
}

function hexDigitOf(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
