/**
 * The gateway's rate limit: one bucket for all workers. The primary keeps the ledger and leases tokens to each worker in
 * proportion to its recent demand; a worker admits from its lease without asking. Tokens are never made twice: what a worker
 * holds counts against the burst, and a lease may be negative, which takes unused tokens back.
 */
import { TokenBucket } from "./bucket.ts";

/** How often a worker reports its demand and gets a new lease: short beside the burst (50 ms), cheap as a message. */
export const leaseEveryMs = 10;
/** Memory of a worker's demand: long beside a lease, short beside a person's patience. A guess. */
const demandMemoryMs = 200;
/** What an idle worker keeps while there are tokens, so that its first request is not refused for want of a lease. */
const idleTokens = 2;

/** A worker's side: admits from its lease and counts what was wanted. */
export class Gate {
  #tokens = 0;
  #used = 0;
  #wanted = 0;

  /** Whether a request may pass; costs a token of the lease. */
  admit(): boolean {
    this.#wanted += 1;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    this.#used += 1;
    return true;
  }

  /** What happened since the last report. */
  takeDemand(): { used: number; wanted: number } {
    const demand = { used: this.#used, wanted: this.#wanted };
    this.#used = 0;
    this.#wanted = 0;
    return demand;
  }

  /** May leave a debt for a moment where tokens are taken back that have just been used; the next lease repays it. */
  lease(tokens: number): void {
    this.#tokens += tokens;
  }
}

/**
 * While callers are being refused (and this long after the last refusal), tokens that come wait for up to this long instead of
 * the burst: then only a busy machine, or a share smaller than a token, can have kept them from use, and without them less than
 * the limit would be admitted.
 */
const catchUpMs = 500;

interface Account {
  /** Tokens leased and not yet reported as used. */
  held: number;
  demandPerSec: number;
  /** When a report last had refusals. */
  refusedMs: number;
  reportedMs: number;
}

/** The primary's side. Workers are known by any key; times are milliseconds of one clock. */
export class Ledger {
  readonly #bucket: TokenBucket;
  readonly #accounts = new Map<number, Account>();

  constructor(ratePerSec: number, nowMs: number) {
    this.#bucket = new TokenBucket(ratePerSec, nowMs);
  }

  /** Books a worker's report and gives its next lease. */
  report(worker: number, used: number, wanted: number, nowMs: number): number {
    const account = this.#account(worker, nowMs);
    account.held -= used;
    if (wanted > used) account.refusedMs = nowMs;
    remember(account, wanted, nowMs);
    const heldByAll = this.#sum((each) => each.held);
    this.#bucket.fill(nowMs, this.#ceiling(nowMs) - heldByAll);
    const lease = Math.min(this.#bucket.tokens, this.#target(account, this.#bucket.tokens + heldByAll) - account.held);
    account.held += lease;
    this.#bucket.tokens -= lease;
    return lease;
  }

  /** A worker that has gone takes its lease with it: the rate brings the tokens back. */
  forget(worker: number): void {
    this.#accounts.delete(worker);
  }

  #target(account: Account, total: number): number {
    const demand = this.#sum((each) => each.demandPerSec);
    const share = demand === 0 ? 1 / this.#accounts.size : account.demandPerSec / demand;
    return Math.max(share * total, Math.min(idleTokens, total / this.#accounts.size));
  }

  #ceiling(nowMs: number): number {
    const { burst, ratePerSec } = this.#bucket;
    for (const { refusedMs } of this.#accounts.values()) {
      if (refusedMs > nowMs - catchUpMs) return Math.max(burst, (ratePerSec * catchUpMs) / 1_000);
    }
    return burst;
  }

  #account(worker: number, nowMs: number): Account {
    const known = this.#accounts.get(worker);
    if (known !== undefined) return known;
    const fresh = { held: 0, demandPerSec: 0, refusedMs: -Infinity, reportedMs: nowMs - leaseEveryMs };
    this.#accounts.set(worker, fresh);
    return fresh;
  }

  #sum(of: (account: Account) => number): number {
    let sum = 0;
    for (const account of this.#accounts.values()) sum += of(account);
    return sum;
  }
}

function remember(account: Account, wanted: number, nowMs: number): void {
  const elapsedMs = Math.max(1, nowMs - account.reportedMs);
  const weight = 1 - Math.exp(-elapsedMs / demandMemoryMs);
  account.demandPerSec += weight * ((wanted * 1_000) / elapsedMs - account.demandPerSec);
  account.reportedMs = nowMs;
}
