import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { entryOf } from "./entry.ts";
import type { NullKind } from "./messages.ts";

/** The null server, running on loopback. */
export class NullTarget implements Disposable {
  /** `http://127.0.0.1:port`, or `https`. */
  readonly origin: string;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, { tls }: NullKind, port: number) {
    this.#process = child;
    this.origin = `${tls === "none" ? "http" : "https"}://127.0.0.1:${port}`;
  }

  /** Rejects where it cannot be started, or is not wanted any more before it has. */
  static async start(kind: NullKind, signal: AbortSignal): Promise<NullTarget> {
    signal.throwIfAborted();
    const child = fork(entryOf("null-server"), [JSON.stringify(kind)], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
    });
    try {
      const died = once(child, "exit").then(([code]) => {
        throw new Error(`the null server ended with code ${String(code)} before it had begun`);
      });
      const [port] = (await Promise.race([once(child, "message", { signal }), died])) as [number];
      return new NullTarget(child, kind, port);
    } catch (thrown) {
      child.kill("SIGKILL");
      throw thrown;
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }
}
