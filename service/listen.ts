import type { Server } from "node:http";
import { ServiceError } from "./errors.ts";

/**
 * Listens and gives the port that was taken. `what` names the port in the error: "public", "admin", "laboratory".
 * Throws ServiceError `port-in-use` or `start-failed`.
 */
export async function listen(server: Server, host: string, port: number, what: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port, what)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : port;
}

/** `http://host:port`, with an IPv6 host in brackets. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number, what: string): ServiceError {
  if (error.code !== "EADDRINUSE") {
    return new ServiceError("start-failed", `cannot listen on ${host}, ${what} port ${port}: ${error.message}`);
  }
  const fix = "stop what listens there, or choose another port (0 takes any free one)";
  return new ServiceError("port-in-use", `${what} port ${port} on ${host} is already in use: ${fix}`);
}
