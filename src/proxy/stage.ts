import type { Toxic } from "./toxic.ts";

/** Bytes on their way through a link. */
export interface Chunk {
  readonly bytes: Buffer;
  /** When they came, plus the latencies added since: milliseconds of `nowMs`. */
  atMs: number;
}

export type Next = (chunk: Chunk) => Promise<void> | undefined;

/** What a toxic may do to the connection it sits on. */
export interface Victim {
  readonly nowMs: () => number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Ends both sides once what was written is out. */
  readonly close: () => void;
  /** Cuts both sides with a TCP reset. */
  readonly reset: () => void;
}

/** A toxic at work on one direction of one connection. Chunks pass one at a time. */
export abstract class Stage {
  protected readonly victim: Victim;
  #toxic: Toxic;
  #isDrawn: boolean;
  #isLifted = false;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | null = null;

  constructor(toxic: Toxic, victim: Victim) {
    this.#toxic = toxic;
    this.victim = victim;
    this.#isDrawn = victim.random() < toxic.toxicity;
  }

  /** Whether this connection is one of those affected, by the toxicity, and still is. */
  get isActive(): boolean {
    return this.#isDrawn && !this.#isLifted;
  }

  get name(): string {
    return this.#toxic.name;
  }

  /** Hands a chunk on, later, in pieces, or not at all. What waits when the toxic goes or changes is handed on at once. */
  abstract pass(chunk: Chunk, next: Next): Promise<void> | undefined;

  /** The source has ended: resolves when the end may be passed on. */
  end(): Promise<void> | undefined {
    return undefined;
  }

  /** Takes other attributes on, and draws by the toxicity again, as Toxiproxy does. */
  change(toxic: Toxic): void {
    this.#toxic = toxic;
    this.#isDrawn = this.victim.random() < toxic.toxicity;
    this.wake();
  }

  /** The toxic was removed, or the connection is over. */
  lift(): void {
    this.#isLifted = true;
    this.wake();
  }

  protected attribute(name: string): number {
    return this.#toxic.attributes[name] ?? 0;
  }

  /** Resolves after so long, or when woken. */
  protected wait(ms: number): Promise<void> | undefined {
    if (ms <= 0 || this.#isLifted) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(() => this.wake(), ms);
    });
  }

  protected wake(): void {
    clearTimeout(this.#timer);
    this.#wake?.();
    this.#wake = null;
  }
}
