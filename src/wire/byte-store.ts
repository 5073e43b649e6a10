const nothing = Buffer.alloc(0);

/** Bytes collected over several reads. Its bound is its user's: whoever appends counts first. */
export class ByteStore {
  bytes = nothing;
  length = 0;

  /** Copies `source[from, to)` to the end. The first allocation is exact, since most replies come in one read; then it doubles. */
  append(source: Buffer, from: number, to: number): void {
    const needed = this.length + to - from;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(this.length === 0 ? needed : Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    source.copy(this.bytes, this.length, from, to);
    this.length = needed;
  }

  /** Empties it and keeps the memory for the next use. */
  clear(): void {
    this.length = 0;
  }

  /** Hands out what was collected and starts anew. */
  take(): Buffer {
    const taken = this.bytes.length === this.length ? this.bytes : this.bytes.subarray(0, this.length);
    this.bytes = nothing;
    this.length = 0;
    return taken;
  }
}
