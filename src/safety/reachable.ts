/** Is anyone there? One TCP connection before a run, so that a dead target costs a second and a sentence, not a run. */
import { connect } from "node:net";
import { errnoOf, Fault, messageOf } from "../model/fault.ts";
import { formatUs } from "../model/units.ts";

/** Default wait for the connection. Linux repeats a lost SYN after 1 s, so 3 s forgives one or two lost packets. */
export const probeTimeoutMs = 3_000;

/**
 * Opens and closes one TCP connection to the URL's host and port (80 or 443 where none is given). No byte is sent.
 * Throws Fault `unreachable` saying whether it was refused, timed out or not found, and what to check.
 */
export async function probeTarget(url: string, timeoutMs: number = probeTimeoutMs): Promise<void> {
  const { hostname, port, protocol, host } = new URL(url);
  const address = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (protocol === "https:" ? 443 : 80) };
  try {
    await connectOnce(address, timeoutMs);
  } catch (thrown) {
    const { said, fix } = explain(thrown, address.port, timeoutMs);
    throw new Fault("unreachable", `${host} ${said}`, { expected: "a TCP connection to the target", fix }, { cause: thrown });
  }
}

function connectOnce(address: { readonly host: string; readonly port: number }, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const timer = setTimeout(() => settle(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })), timeoutMs);
    const settle = (failure?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      if (failure === undefined) resolve();
      else reject(failure);
    };
    socket.once("connect", () => settle());
    // `on`, since a destroyed socket may still report the addresses it gave up on.
    socket.on("error", settle);
  });
}

function explain(thrown: unknown, port: number, timeoutMs: number): { said: string; fix: string } {
  const code = errnoOf(thrown) ?? "";
  switch (code) {
    case "ECONNREFUSED":
      return {
        said: "refused the connection: nothing listens on that port",
        fix: `start the target, or check the port (${port}) in target`,
      };
    case "ETIMEDOUT":
      return {
        said: `did not answer within ${formatUs(timeoutMs * 1_000)}`,
        fix: "check that the host is up and that no firewall drops the port; a target that is already overloaded does this too",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { said: "cannot be found: its name does not resolve", fix: "check the spelling of the host and this machine's DNS" };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { said: `cannot be reached: there is no route to it (${code})`, fix: "check the network, VPN and routes" };
    default:
      return { said: `cannot be reached (${code || messageOf(thrown)})`, fix: "check the address in target" };
  }
}
