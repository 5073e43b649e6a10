import type { WireError } from "./exchange.ts";

/** Failures in a row after which connects are held back: enough to rule out the odd reset of a crowded listener. A guess. */
export const patience = 16;
/** First and longest pause between two attempts then. 4 attempts a second cost nothing and find a restarted server soon. */
export const firstPauseUs = 1_000;
export const longestPauseUs = 250_000;

/**
 * Holds connects back while every one of them fails, so that a refused port costs a few attempts and not a core. Under load it
 * stays out of the way: one success among `patience` attempts keeps it open, so the crowd is never thinned out for the server.
 */
export class ConnectGate {
  /** The latest failure while the gate is shut, else null. */
  shutBy: WireError | null = null;
  #failures = 0;
  #pauseUs = 0;
  #shutUntilUs = 0;

  /** Whether one more connect may start. While the gate is shut: one at a time, after its pause. */
  isOpen(nowUs: number, connecting: number): boolean {
    return this.shutBy === null || (connecting === 0 && nowUs >= this.#shutUntilUs);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#pauseUs = 0;
    this.shutBy = null;
  }

  /** Failures that arrive during a pause began before it and do not lengthen it. */
  failed(error: WireError, nowUs: number): void {
    this.#failures += 1;
    if (this.#failures < patience) return;
    this.shutBy = error;
    if (nowUs < this.#shutUntilUs) return;
    this.#pauseUs = this.#pauseUs === 0 ? firstPauseUs : Math.min(this.#pauseUs * 2, longestPauseUs);
    this.#shutUntilUs = nowUs + this.#pauseUs;
  }
}
