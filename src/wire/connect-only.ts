import { connect } from "node:net";
import { errnoOf } from "../model/fault.ts";
import { connectOptions, type Endpoint } from "./endpoint.ts";
import type { WireError } from "./exchange.ts";

/** How long a TCP connect took, the name lookup before it included, or why there is none. */
export type ConnectResult = { readonly connectUs: number } | { readonly error: WireError };

/**
 * Opens one connection and closes it at once, before any TLS: the lane that sees a full accept queue while everything else is kept
 * alive. Never rejects.
 */
export function connectOnly(endpoint: Endpoint, timeoutMs: number): Promise<ConnectResult> {
  return new Promise((resolve) => {
    const startMs = performance.now();
    const socket = connect(connectOptions(endpoint));
    const settle = (result: ConnectResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => settle({ error: "timeout:connect" }), timeoutMs);
    socket.once("connect", () => settle({ connectUs: (performance.now() - startMs) * 1_000 }));
    socket.on("error", (thrown) => settle({ error: `connect:${errnoOf(thrown) ?? "UNKNOWN"}` }));
  });
}
