import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Network } from "../model/plan.ts";
import { entryOf } from "./entry.ts";

/** The null server, running on loopback. */
export class NullTarget implements Disposable {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** Rejects where it cannot be started, or is not wanted any more before it has. */
  static async start(protocol: Network["protocol"], signal: AbortSignal): Promise<NullTarget> {
    signal.throwIfAborted();
    const child = fork(entryOf("null-server"), [protocol], { stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [] });
    try {
      const died = once(child, "exit").then(([code]) => {
        throw new Error(`the null server ended with code ${String(code)} before it had begun`);
      });
      const [port] = (await Promise.race([once(child, "message", { signal }), died])) as [number];
      return new NullTarget(child, port);
    } catch (thrown) {
      child.kill("SIGKILL");
      throw thrown;
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }
}
