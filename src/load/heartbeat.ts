/**
 * The dead man's switch: load threads stop by themselves when nobody steers them any more. A thread dies with its process, so what is left
 * is a coordinator that hangs: it could hear neither Ctrl-C nor an abort rule.
 */

/** How often the coordinator says that it lives. */
const beatEveryMs = 250;
/** Silence after which a thread stops. With the beat before it, load ends within 2 s. */
const silenceUs = 1_500_000;
/** Longest time between two looks that counts as silence: a thread that was stopped itself (SIGSTOP, a machine that slept) heard nothing either. */
const longestLookUs = 100_000;

/** The coordinator's side: its own timer beats, so that a loop that is blocked does not. */
export class Heartbeat implements Disposable {
  /** What the threads are given. */
  readonly memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #beats = new Int32Array(this.memory);
  readonly #timer = setInterval(() => Atomics.add(this.#beats, 0, 1), beatEveryMs).unref();

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** A thread's side. */
export class DeadManSwitch {
  readonly #beats: Int32Array;
  #beat: number;
  #lookedUs = Number.POSITIVE_INFINITY;
  #silentUs = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#beats = new Int32Array(memory);
    this.#beat = Atomics.load(this.#beats, 0);
  }

  /** Whether the coordinator has been silent for too long. To be asked at each tick: it reads one number. */
  isReleased(nowUs: number): boolean {
    const beat = Atomics.load(this.#beats, 0);
    const sinceUs = Math.max(0, nowUs - this.#lookedUs);
    this.#lookedUs = nowUs;
    this.#silentUs = beat === this.#beat ? this.#silentUs + Math.min(sinceUs, longestLookUs) : 0;
    this.#beat = beat;
    return this.#silentUs >= silenceUs;
  }
}
