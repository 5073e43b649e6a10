/** Entry of the primary process: the workers, the gateway's ledger, the queue, the one writer, and the admin port. */
import cluster from "node:cluster";
import { generateKeyPair } from "node:crypto";
import { rmSync } from "node:fs";
import type { Server } from "node:http";
import { promisify } from "node:util";
import { createAdminServer } from "./admin.ts";
import { complain } from "./complain.ts";
import { Consumer } from "./consumer.ts";
import { Crew, type CrewHandlers } from "./crew.ts";
import { entryPath, nodeFlags, onStop } from "./entry.ts";
import { FiguresPage } from "./figures.ts";
import { Ledger } from "./gateway.ts";
import { Intake } from "./intake.ts";
import { Lease } from "./lease.ts";
import { listen } from "./listen.ts";
import { startFailure, type FromPrimary, type FromWorker, type PrimaryStart } from "./messages.ts";
import { openParts, type OpenParts } from "./primary-parts.ts";
import { SyntheticRuns } from "./synthetic.ts";

/** How long the workers may take to finish their open requests; a little more than they allow themselves. */
const workersStopMs = 6_000;

interface Keys {
  readonly privateKey: string;
  readonly publicKey: string;
}

class Primary {
  readonly #start: PrimaryStart;
  readonly #keys: Keys;
  readonly #parts: OpenParts;
  readonly #consumer: Consumer;
  readonly #intake: Intake;
  readonly #ledger: Ledger;
  readonly #crew: Crew;
  readonly #figures: FiguresPage;
  readonly #admin: Server;
  /** The public port: the configured one, and once the first worker listens the one that it got. */
  #port: number;
  #stopped: Promise<void> | undefined;

  constructor(start: PrimaryStart, keys: Keys, parts: OpenParts) {
    const { config } = start;
    const { store, queue, faults, tombstones, shared } = parts;
    this.#start = start;
    this.#port = config.port;
    this.#keys = keys;
    this.#parts = parts;
    this.#consumer = new Consumer(queue, {
      ratePerSec: config.queueRatePerSec,
      store: async (items) => queue.countDropped(await store.addCheckins(faults.onCheckins(items))),
      failed: complain,
    });
    const counters = shared?.counters ?? null;
    this.#intake = new Intake({ store, queue, consumer: this.#consumer, counters, faults, tombstones, failed: complain });
    this.#ledger = new Ledger(config.rateLimitPerSec, performance.now());
    this.#crew = new Crew(this.#handlers());
    this.#figures = new FiguresPage(this.#crew, store, queue);
    this.#admin = createAdminServer({
      token: config.adminToken,
      publicKeyPem: keys.publicKey,
      runs: new SyntheticRuns({ store, queue, crew: this.#crew, shared, tombstones }),
      lease: new Lease(),
      metrics: () => this.#figures.text(),
      processes: () => ({ primary: process.pid, workers: this.#crew.pids, laboratory: start.laboratoryPid }),
      healthy: () => this.#crew.size === config.workers,
    });
  }

  /** Throws ServiceError where a port cannot be had; what has started by then is `stop`'s to end. */
  async listen(): Promise<void> {
    const { config } = this.#start;
    this.#port = await this.#crew.start(config.workers);
    this.#consumer.wake(); // A queue that outlives the service may hold something.
    const adminPort = await listen(this.#admin, config.host, config.adminPort, "admin");
    report({ type: "ready", port: this.#port, adminPort, workers: this.#crew.pids });
  }

  /** Workers first, so that nothing more is queued; then the queue, to the last item; then the store. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    await this.#crew.stop(workersStopMs);
    await this.#intake.settle();
    try {
      await this.#consumer.drain();
    } finally {
      this.#admin.close();
      this.#admin.closeAllConnections();
      await this.#parts.close();
    }
  }

  #handlers(): CrewHandlers {
    const { config, databasePath, laboratoryUrl } = this.#start;
    return {
      start: (place) => ({
        type: "start",
        place,
        config: { ...config, port: this.#port },
        databasePath,
        laboratoryUrl,
        signingKeyPem: this.#keys.privateKey,
        tombstones: [...this.#parts.tombstones],
      }),
      message: (worker, message) => this.#message(worker, message),
      gone: (worker) => {
        this.#ledger.forget(worker);
        this.#figures.forget(worker);
      },
      changed: () => report({ type: "workers", workers: this.#crew.pids }),
      failed: () => {
        complain("workers keep ending; giving up");
        end(this, 1);
      },
    };
  }

  #message(worker: number, message: FromWorker): void {
    if (message.type === "commands")
      this.#intake.perform(message.commands, (results) => this.#crew.send(worker, { type: "results", results }));
    if (message.type === "demand") {
      const tokens = this.#ledger.report(worker, message.used, message.wanted, performance.now());
      this.#crew.send(worker, { type: "lease", tokens });
    }
  }
}

function report(message: FromPrimary): void {
  if (process.connected) process.send?.(message);
}

async function run(start: PrimaryStart): Promise<void> {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: entryPath("worker"), execArgv: [...nodeFlags] });
  const pem = { type: "pkcs8", format: "pem" } as const;
  const publicKeyEncoding = { type: "spki", format: "pem" } as const;
  const keys = await promisify(generateKeyPair)("rsa", {
    modulusLength: start.config.signBits,
    privateKeyEncoding: pem,
    publicKeyEncoding,
  });
  const primary = new Primary(start, keys, await openParts(start.config, start.databasePath));
  const removeFolder = (): void => {
    if (start.temporaryFolder !== null) rmSync(start.temporaryFolder, { recursive: true, force: true });
  };
  process.on("exit", removeFolder);
  onStop(() => end(primary, 0));
  try {
    await primary.listen();
  } catch (error) {
    await primary.stop();
    throw error;
  }
}

function end(primary: Primary, code: number): void {
  primary.stop().then(
    () => process.exit(code),
    (error: unknown) => {
      complain(error);
      process.exit(1);
    },
  );
}

process.title = "health-code primary";
process.once("message", (start: PrimaryStart) => {
  run(start).catch((error: unknown) => process.send?.(startFailure(error), () => process.exit(1)));
});
