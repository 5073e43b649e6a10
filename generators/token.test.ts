import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { callerToken } from "./token.ts";

it("is the HMAC-SHA256 of the id in hex, by RFC 4231's test case 2", () => {
  expect(callerToken("Jefe", "what do ya want for nothing?")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

it("stays right however many secrets are in use", () => {
  for (let at = 0; at < 250; at++) {
    const secret = `secret-${at}`;
    expect(callerToken(secret, "c1-00000042")).toBe(createHmac("sha256", secret).update("c1-00000042").digest("hex"));
  }
});
