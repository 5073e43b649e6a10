import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type * as Undici from "undici";
import type { ReplyLimits } from "../parser.ts";
import type { Route } from "./route.ts";

/**
 * Exchanges at once on an HTTP/2 connection, if the server allows as many: RFC 9113, section 6.5.2 recommends servers not to allow
 * fewer than 100, Apache and undici itself allow 100, nginx 128; so this is what a browser would get.
 */
export const mostStreams = 100;

/** Loads undici, which takes some 60 ms: only those pay for it who use it. */
export function loadUndici(): typeof Undici {
  return createRequire(import.meta.url)("undici") as typeof Undici;
}

/**
 * An undici client on a socket that is open already. It asks for it with its first request, and never gets another one: what it
 * would send on that stays in its hands. Its deadlines are off, since they are checked twice a second only.
 */
export function clientOn(
  socket: Socket,
  { Client }: typeof Undici,
  { origin, isH2 }: Route,
  { maxHeadBytes }: ReplyLimits,
): Undici.Client {
  let isGiven = false;
  return new Client(origin, {
    allowH2: isH2,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: maxHeadBytes,
    h2Options: { maxConcurrentStreams: mostStreams, pingInterval: 0 },
    connect: (_options, callback) => {
      if (isGiven) return;
      isGiven = true;
      // By this name undici knows which protocol to speak; plain TCP has not agreed on any.
      if (isH2) Object.assign(socket, { alpnProtocol: "h2" });
      queueMicrotask(() => callback(null, socket));
    },
  });
}
