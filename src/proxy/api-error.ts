/** What the API refuses, in Toxiproxy's words: `{ "error": message, "status": status }`. */
export class ApiError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** Toxiproxy's own errors (its api.go), so that a client that knows them by their text works with both. */
export const apiErrors = {
  badBody: (detail: string): ApiError => new ApiError(`bad request body: ${detail}`, 400),
  missing: (field: string): ApiError => new ApiError(`missing required field: ${field}`, 400),
  invalidStream: (): ApiError => new ApiError("stream was invalid, can be either upstream or downstream", 400),
  invalidType: (): ApiError => new ApiError("invalid toxic type", 400),
  proxyNotFound: (): ApiError => new ApiError("proxy not found", 404),
  toxicNotFound: (): ApiError => new ApiError("toxic not found", 404),
  proxyExists: (): ApiError => new ApiError("proxy already exists", 409),
  toxicExists: (): ApiError => new ApiError("toxic already exists", 409),
} as const;
