import type { Socket } from "node:net";
import type { Chunk, Stage, Victim } from "./stage.ts";
import { makeStage } from "./stages.ts";
import type { Toxic } from "./toxic.ts";

/**
 * Most that one direction of one connection holds back while toxics delay it; then its source is no longer read. A latency of L seconds
 * thus lets through at most 1 MiB / L; Toxiproxy holds 1,024 chunks, too.
 */
const heldBytesMax = 1024 * 1024;
const heldChunksMax = 1024;

/** One direction of a connection: what its source sends goes through the toxics to its destination, in order. */
export class Link {
  readonly #source: Socket;
  readonly #destination: Socket;
  readonly #victim: Victim;
  readonly #seen: (bytes: Buffer) => void;
  #stages: readonly Stage[];
  readonly #held: Chunk[] = [];
  #heldBytes = 0;
  /** Something is on its way: what comes now must wait behind it. */
  #isBusy = false;
  #hasEnded = false;

  /** `seen` is told of all bytes as they come from the source. */
  constructor(source: Socket, destination: Socket, toxics: readonly Toxic[], victim: Victim, seen: (bytes: Buffer) => void) {
    this.#source = source;
    this.#destination = destination;
    this.#victim = victim;
    this.#seen = seen;
    this.#stages = toxics.map((toxic) => makeStage(toxic, victim));
    source.on("data", (bytes: Buffer) => this.#receive(bytes));
    source.on("end", () => {
      this.#hasEnded = true;
      if (!this.#isBusy) void this.#pump();
    });
  }

  add(toxic: Toxic): void {
    this.#stages = [...this.#stages, makeStage(toxic, this.#victim)];
  }

  change(toxic: Toxic): void {
    this.#stages.find(({ name }) => name === toxic.name)?.change(toxic);
  }

  remove(name: string): void {
    const removed = this.#stages.find((stage) => stage.name === name);
    this.#stages = this.#stages.filter((stage) => stage !== removed);
    removed?.lift();
  }

  /** Ends all waiting; for a connection that is over. */
  abandon(): void {
    const stages = this.#stages;
    this.#stages = [];
    this.#held.length = 0;
    for (const stage of stages) stage.lift();
  }

  #receive(bytes: Buffer): void {
    this.#seen(bytes);
    if (this.#isBusy || this.#stages.length > 0) {
      this.#held.push({ bytes, atMs: this.#victim.nowMs() });
      this.#heldBytes += bytes.length;
      if (this.#isFull) this.#source.pause();
      if (!this.#isBusy) void this.#pump();
    } else if (!this.#destination.write(bytes)) {
      this.#isBusy = true;
      this.#source.pause();
      this.#destination.once("drain", () => void this.#pump());
    }
  }

  /** Without toxics nothing is held: the destination's own buffer is enough. */
  get #isFull(): boolean {
    if (this.#stages.length === 0) return this.#held.length > 0;
    return this.#heldBytes >= heldBytesMax || this.#held.length >= heldChunksMax;
  }

  /** Sends what is held, one chunk after the other, and the end after it. */
  async #pump(): Promise<void> {
    this.#isBusy = true;
    for (let chunk = this.#held.shift(); chunk !== undefined; chunk = this.#held.shift()) {
      this.#heldBytes -= chunk.bytes.length;
      await this.#pass(chunk, this.#stages, 0);
      if (!this.#isFull) this.#source.resume();
    }
    this.#isBusy = this.#hasEnded;
    this.#source.resume();
    if (!this.#hasEnded) return;
    for (const stage of this.#stages) if (stage.isActive) await stage.end();
    this.#destination.end();
  }

  #pass(chunk: Chunk, stages: readonly Stage[], at: number): Promise<void> | undefined {
    const stage = stages[at];
    if (stage === undefined) return this.#write(chunk.bytes);
    if (!stage.isActive) return this.#pass(chunk, stages, at + 1);
    return stage.pass(chunk, (passed) => this.#pass(passed, stages, at + 1));
  }

  /** Resolves when more may be written; never, and is forgotten, where the destination goes away first. */
  #write(bytes: Buffer): Promise<void> | undefined {
    if (!this.#destination.writable || this.#destination.write(bytes)) return undefined;
    return new Promise((resolve) => this.#destination.once("drain", resolve));
  }
}
