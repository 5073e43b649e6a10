/** An accepted write that was chosen to be read back, as plain data that goes from a load thread to the reader. */
export interface SampledWrite {
  /** Index into the plan's operations. */
  readonly operation: number;
  /** Number of its request in the run. */
  readonly index: number;
  /** Index into the users' pool. */
  readonly user: number;
  /** What `created` gave, and the idempotency key that was sent. */
  readonly id: string | undefined;
  readonly key: string | undefined;
  /** When its reply had come in full, microseconds since the run's start. */
  readonly doneUs: number;
  readonly traceId: string;
  /** It was sent once more on purpose; `id`: what that gave. Null: it was not. */
  readonly replay: { readonly id: string | undefined } | null;
}

/** What a load thread tells of its writes. */
export interface WrittenReport {
  readonly worker: number;
  /** Accepted so far, by the operation's index; 0 for those that are not read back. */
  readonly accepted: readonly number[];
  /** Chosen since the last report. */
  readonly chosen: readonly SampledWrite[];
}
