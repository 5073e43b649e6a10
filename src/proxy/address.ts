import { ApiError } from "./api-error.ts";
import type { Place } from "./connection.ts";

/** `host:port` as Go's net package takes it: `127.0.0.1:80`, `[::1]:80`, `db:5432`, `:80` (every address). Throws ApiError. */
export function parsePlace(text: string): Place {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new ApiError(`address ${text}: expected host:port`, 400);
  return { host: match[1] ?? match[2] ?? "", port };
}

/** The inverse of `parsePlace`. */
export function formatPlace({ host, port }: Place): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether two addresses are the same place, `localhost` being 127.0.0.1. */
export function samePlace(a: string, b: string): boolean {
  const plain = (text: string): string => text.replace(/^localhost:/, "127.0.0.1:");
  return plain(a) === plain(b);
}
