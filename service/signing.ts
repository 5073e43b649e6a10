/** The cryptography of reading a code: the caller's token and the signed QR payload. */
import { createHmac, createPrivateKey, sign, timingSafeEqual, type KeyObject } from "node:crypto";

const scheme = "Bearer ";

/** The token with which a citizen's app asks for that citizen's code: hexadecimal HMAC-SHA256 of the id. */
export function callerToken(secret: string, citizenId: string): string {
  return createHmac("sha256", secret).update(citizenId).digest("hex");
}

/** Whether an `authorization` header carries a token, compared in constant time. */
export function carriesToken(authorization: string | undefined, token: string): boolean {
  if (authorization?.startsWith(scheme) !== true) return false;
  const given = Buffer.from(authorization.slice(scheme.length));
  const expected = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Signs QR payloads: `HC1.<payload>.<signature>`, both parts base64url, RSA PKCS #1 v1.5 over SHA-256. */
export class QrSigner {
  readonly #key: KeyObject;

  constructor(privateKeyPem: string) {
    this.#key = createPrivateKey(privateKeyPem);
  }

  /** Synchronous on purpose: this is the work that limits a worker (about 0.5 ms with 2,048 bits). */
  qr(payload: object): string {
    const text = Buffer.from(JSON.stringify(payload)).toString("base64url");
    return `HC1.${text}.${sign("sha256", Buffer.from(text), this.#key).toString("base64url")}`;
  }
}
