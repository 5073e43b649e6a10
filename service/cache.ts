/** A worker's short-term cache: one time to live for all, a bound, and an optional single flight against stampedes. */
import type { Run } from "./messages.ts";

interface Entry<Value> {
  readonly value: Value;
  readonly run: Run;
  readonly expiresMs: number;
}

/** How a cache keeps what it has. */
export interface CacheRules {
  readonly ttlMs: number;
  readonly capacity: number;
  /** Many misses of one key wait for one load. */
  readonly stampedeProtection: boolean;
}

/** Times are milliseconds of any one clock, given by the caller. */
export class ShortTermCache<Value> {
  readonly #rules: CacheRules;
  readonly #now: () => number;
  /** In order of insertion, which with one time to live is the order of expiry. */
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #loading = new Map<string, Promise<Value | undefined>>();

  constructor(rules: CacheRules, now: () => number) {
    this.#rules = rules;
    this.#now = now;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresMs > this.#now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: Value, run: Run): void {
    if (this.#rules.ttlMs === 0) return;
    this.#entries.delete(key);
    this.#entries.set(key, { value, run, expiresMs: this.#now() + this.#rules.ttlMs });
    this.#dropOldest();
  }

  /** Loads a missing key; with stampede protection those who come meanwhile share the load, and its failure. */
  load(key: string, loader: () => Promise<Value | undefined>): Promise<Value | undefined> {
    if (!this.#rules.stampedeProtection) return loader();
    const running = this.#loading.get(key);
    if (running !== undefined) return running;
    const load = loader().finally(() => this.#loading.delete(key));
    this.#loading.set(key, load);
    return load;
  }

  /** Live entries that a run left. */
  countOf(run: string): number {
    const nowMs = this.#now();
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.run === run && entry.expiresMs > nowMs) count += 1;
    return count;
  }

  /** Removes a run's entries; gives how many were live. */
  forget(run: string): number {
    const count = this.countOf(run);
    for (const [key, entry] of this.#entries) if (entry.run === run) this.#entries.delete(key);
    return count;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Expired entries go first, at most two per insertion so that no insertion is slow; then the oldest above the bound. */
  #dropOldest(): void {
    const nowMs = this.#now();
    let dropped = 0;
    for (const [key, entry] of this.#entries) {
      const tooMany = this.#entries.size > this.#rules.capacity;
      if (!tooMany && (entry.expiresMs > nowMs || dropped === 2)) return;
      this.#entries.delete(key);
      dropped += 1;
    }
  }
}
