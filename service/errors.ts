/** Why the service as a whole cannot start, or has ended; a caller turns it into text. */
export type ServiceErrorCode = "configuration" | "port-in-use" | "start-failed";

/** An expected failure of `startService`. `details` holds every fault found, one sentence each. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;
  readonly details: readonly string[];

  constructor(code: ServiceErrorCode, message: string, details: readonly string[] = []) {
    super(message);
    this.name = "ServiceError";
    this.code = code;
    this.details = details;
  }
}
