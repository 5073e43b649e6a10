import fc from "fast-check";
import { expect, it } from "vitest";
import { oddReply } from "../../test/odd-replies.ts";
import { ResponseParser } from "./parser.ts";

/** How many replies are cut everywhere; `npm run fuzz:wire` cuts 100,000. */
const count = Number(process.env["PEAKPROOF_ODD_REPLIES"] ?? 3_000);

/** All that a client learns of a reply that comes in pieces that end at `ends`. How much of a refused one was read may differ. */
function outcomeOf(parser: ResponseParser, isHead: boolean, bytes: Buffer, ends: Iterable<number>): string {
  parser.begin({ isHead, keepHead: true, keepBody: true });
  let from = 0;
  for (const end of ends) {
    parser.feed(bytes, from, end);
    from = end;
  }
  const isOver = parser.end();
  const { error, status, head, body, bodyBytes, keepAlive } = parser;
  if (error !== null) return JSON.stringify([error, status, keepAlive]);
  return JSON.stringify([isOver, status, head, body?.toString("latin1"), bodyBytes, keepAlive]);
}

it(
  `reads each of ${count} odd replies the same wherever it is cut in two, and byte by byte, at any limit`,
  { timeout: 60_000 + count * 4 },
  () => {
    fc.assert(
      fc.property(oddReply, fc.constantFrom(65_536, 65_536, 40, 90, 200), ({ isHead, text }, limit) => {
        const bytes = Buffer.from(text, "latin1");
        const parser = new ResponseParser({ maxHeadBytes: limit, maxBodyBytes: limit });
        const whole = outcomeOf(parser, isHead, bytes, [bytes.length]);
        const places = Array.from(bytes, (_byte, index) => index + 1);
        expect(outcomeOf(parser, isHead, bytes, places)).toBe(whole);
        const differing = places.filter((place) => outcomeOf(parser, isHead, bytes, [place, bytes.length]) !== whole);
        expect(differing).toEqual([]);
      }),
      { numRuns: count, seed: count },
    );
  },
);
