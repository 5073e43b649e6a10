/** Request bodies: JSON objects up to a size. */
import type { IncomingMessage } from "node:http";
import { ApiError } from "./reply.ts";

/** Most bytes of a body: a declaration is well under 2 KiB, so this is generous and still cheap to hold for thousands. */
const largestBodyBytes = 16_384;

/**
 * The body as a JSON object. Throws ApiError 413 above the size, 415 for another content type, 400 where it is no JSON object
 * or ends early.
 */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const type = request.headers["content-type"];
  if (type !== undefined && !/^application\/(\w+\+)?json\b/i.test(type)) {
    throw new ApiError(415, "unsupported_media_type", "send the body as application/json");
  }
  return parseObject(await readText(request));
}

async function readText(request: IncomingMessage): Promise<string> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > largestBodyBytes) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= largestBodyBytes) chunks.push(chunk);
      else reject(tooLarge());
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("close", () => reject(new ApiError(400, "incomplete_body", "the request ended before its body did")));
    request.on("error", () => reject(new ApiError(400, "incomplete_body", "the request ended before its body did")));
  });
}

/** The connection goes with the reply, since the rest of the body is not read. */
function tooLarge(): ApiError {
  return new ApiError(413, "body_too_large", `a body may have at most ${largestBodyBytes} bytes`, {
    headers: { connection: "close" },
  });
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through: no JSON and no object are the same mistake to the caller.
  }
  throw new ApiError(400, "invalid_json", "the body must be a JSON object");
}
