import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Fault } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import { adminNetwork } from "../wire/agent-connect.ts";
import { isLoopbackHost } from "./allow.ts";
import { destinationOf } from "./destinations.ts";
import { LeaseFile } from "./lease-file.ts";
import { RemoteLease } from "./remote-lease.ts";

/** How often the files are looked at: one read each, of a kilobyte. */
const lookEveryMs = 2_000;

export interface LeaseOptions {
  readonly plan: Pick<RunPlan, "targets" | "admin" | "connections" | "safety">;
  /** Headers of what is said to the target: the run's tags. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the files are. Default: a folder that all users of this machine share. */
  readonly folder?: string;
  /** Of the lease on the admin address, milliseconds. */
  readonly ttlMs?: number;
}

/**
 * The right to load a run's targets: a file each on this machine and, where `safety.lease` names a path, a lease on the admin address.
 * It is to be held until nothing of the run is sent any more, cleanup included.
 */
export class Lease implements AsyncDisposable {
  readonly #lost = new AbortController();
  readonly #files: LeaseFile[] = [];
  #remote: RemoteLease | null = null;
  #timer: NodeJS.Timeout | undefined;

  private constructor() {}

  /** Takes all or none. Throws Fault `safety` naming who holds one already. */
  static async take(options: LeaseOptions): Promise<Lease> {
    const lease = new Lease();
    try {
      for (const place of placesOf(options.plan)) lease.#files.push(LeaseFile.take(place, options.folder));
      await lease.#takeRemote(options);
    } catch (thrown) {
      await lease[Symbol.asyncDispose]();
      throw thrown;
    }
    lease.#timer = setInterval(() => lease.#look(), lookEveryMs).unref();
    return lease;
  }

  /** Aborted with a Fault when one of them is lost: somebody else may load the target now. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const file of this.#files) file.release();
    await this.#remote?.release();
  }

  async #takeRemote({ plan, headers, ttlMs }: LeaseOptions): Promise<void> {
    const path = plan.safety?.lease ?? null;
    if (path === null) return;
    this.#remote = await RemoteLease.take({
      url: new URL(path, plan.admin).href,
      network: adminNetwork(plan),
      headers,
      // Containers share names and process numbers: without a word of its own, one would renew the other's lease.
      holder: `process ${process.pid} on ${hostname()} (${randomUUID().slice(0, 8)})`,
      ...(ttlMs === undefined ? {} : { ttlMs }),
      lost: (fault) => this.#lost.abort(fault),
    });
  }

  #look(): void {
    if (this.#files.every((file) => file.isHeld)) return;
    this.#lost.abort(new Fault("safety", "the lease of the target was taken away while the load went on", {}));
  }
}

/** What is loaded, each place once and in one order for everybody; all names of this machine are one. */
function placesOf({ targets, connections }: LeaseOptions["plan"]): string[] {
  const places = targets.map((target) => {
    const { host, port } = destinationOf(target, connections.resolve, "target");
    return `${isLoopbackHost(host) ? "localhost" : host.toLowerCase()}:${port}`;
  });
  return [...new Set(places)].toSorted();
}
