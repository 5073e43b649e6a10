/** One spawned process of the service, from the side of who spawned it. */
import { fork, type ChildProcess } from "node:child_process";
import { entryPath, nodeFlags } from "./entry.ts";
import { ServiceError } from "./errors.ts";
import type { LaboratoryReady, LaboratoryStart, PrimaryReady, PrimaryStart, StartFailure, WorkersChanged } from "./messages.ts";

/** How long a process may take until it listens: a hundred times the usual, for a machine under load. */
const startTimeoutMs = 20_000;

/** How a process ended: one of the two is set. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process whose first message is `ready` or `failed`. */
export class Child<Ready extends PrimaryReady | LaboratoryReady> {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #name: string;

  /** Forks the entry file and sends it its `start` message. */
  constructor(name: "primary" | "laboratory", start: PrimaryStart | LaboratoryStart) {
    this.#name = name;
    this.#process = fork(entryPath(name), [], { execArgv: [...nodeFlags], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.exited = new Promise((resolve) => {
      this.#process.once("exit", (code, signal) => resolve({ code, signal }));
      this.#process.once("error", () => resolve({ code: null, signal: null }));
    });
    this.#process.send(start, () => undefined); // One that could not start says so by its exit.
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  onWorkersChanged(handle: (pids: readonly number[]) => void): void {
    this.#process.on("message", (message: WorkersChanged) => {
      if (message.type === "workers") handle(message.workers);
    });
  }

  /** The `ready` message. Throws ServiceError with the process's own reason, or after a bounded wait. */
  async ready(): Promise<Ready> {
    const { promise, resolve, reject } = Promise.withResolvers<Ready>();
    const failed = (why: string): void => reject(new ServiceError("start-failed", `the ${this.#name} process ${why}`));
    this.#process.on("message", (message: Ready | StartFailure | WorkersChanged) => {
      if (message.type === "ready") resolve(message);
      if (message.type === "failed") reject(new ServiceError(message.code, message.message));
    });
    const timer = setTimeout(() => failed(`was not up after ${startTimeoutMs / 1_000} s`), startTimeoutMs);
    void this.exited.then(({ code, signal }) => failed(`ended while starting (${signal ?? `code ${code}`})`));
    return promise.finally(() => clearTimeout(timer));
  }

  /** Asks it to end, and kills it by id where it has not within the bound. Gives whether it was killed. */
  async stop(boundMs: number): Promise<boolean> {
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), boundMs);
    const { signal } = await this.exited;
    clearTimeout(timer);
    return signal === "SIGKILL";
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}
