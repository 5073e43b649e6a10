import type { Carried } from "../model/scenario.ts";
import { redact } from "../safety/redact.ts";
import type { RawReply } from "./reply.ts";
import { bodyText } from "./reply.ts";
import type { BuiltRequest } from "./requests.ts";

/** Longest body that is shown, characters. */
const bodyCharactersMax = 2_000;
/** Longest list of carried values that is shown, characters. */
const carriedCharactersMax = 500;

/** A request for people to read, with secrets taken out and a long body cut. */
export function requestText({ text, encoding }: BuiltRequest): string {
  const headEnd = text.indexOf("\r\n\r\n") + 4;
  return shown(
    Buffer.from(text.slice(0, headEnd + 2 * bodyCharactersMax), encoding).toString("utf8"),
    headEnd + bodyCharactersMax,
  );
}

/** A reply for people to read, its body decoded; empty where none came. */
export function replyText(reply: RawReply): string {
  return shown(reply.head + bodyText(reply, 2 * bodyCharactersMax), reply.head.length + bodyCharactersMax);
}

/** What a journey carries, for people to read; empty where it carries nothing. */
export function carriedText(carried: Carried): string {
  if (Object.keys(carried).length === 0) return "";
  try {
    return shown(JSON.stringify(carried), carriedCharactersMax);
  } catch {
    return "(values that JSON cannot show)";
  }
}

/** Redacted before it is cut, since half a token at the cut is no longer recognised. */
function shown(text: string, charactersMax: number): string {
  return printable(redact(text).slice(0, charactersMax));
}

/** A terminal obeys control characters, and these may come from elsewhere. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "\ufffd");
}
