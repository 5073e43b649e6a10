import { describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { pageOf, shown, slips } from "../../test/report-input.ts";
import { truthWith } from "../../test/write-truth.ts";
import type { WriteTruth } from "../model/run.ts";
import { truthText, writesTone } from "./writes-text.ts";

const said = (changes: Partial<WriteTruth> = {}): string => truthText("report", truthWith(changes));

describe("what reading writes back showed", () => {
  it("is said with what would have been found", () => {
    expect(said()).toBe(
      '3,000 of 18,204 accepted "report" writes read back: all there, once; a loss of 0.1 % would have been found with a probability of 95 %; seen 12 ms after the reply at the median, 1.1 s at most',
    );
    expect(said({ sampled: 18_000 })).toContain("would have been found with a probability of more than 99.9 %");
    expect(said({ accepted: 3_000 })).toContain("all there, once; these are all of them");
  });

  it("names what is wrong, and how much of it there may be", () => {
    expect(said({ lost: 3, duplicated: 1, notKnown: 4 })).toContain(
      "3 LOST, 1 APPLIED MORE THAN ONCE, 4 not known; of all, at most 0.26 % are lost",
    );
  });

  it("does not claim what was not seen", () => {
    expect(said({ duplicated: null })).toContain("read back: all there; a loss");
    expect(said({ notKnown: 10 })).toContain("all others there, once, 10 not known");
    expect(said({ notKnown: 3_000, lateUs: null })).toContain("none of them could be looked for");
    expect(said({ lateUs: null })).not.toContain("seen");
  });

  it("tells the replays apart", () => {
    const replays = { sent: 182, once: 182, twice: 0, missing: 0, notKnown: 0 };
    expect(said({ replays })).toMatch(/; 182 sent twice on purpose: one effect each$/);
    expect(said({ replays: { ...replays, once: 178, twice: 2, missing: 1, notKnown: 1 } })).toMatch(
      /; 182 sent twice on purpose: 2 APPLIED TWICE, 1 LOST, 1 not known$/,
    );
  });

  it("does not say that replays had one effect where the reads do not tell how many", () => {
    const replays = { sent: 182, once: 182, twice: 0, missing: 0, notKnown: 0 };
    expect(said({ replays, duplicated: null })).toMatch(/; 182 sent twice on purpose: all there$/);
  });

  it("is bad where anything is faulty, good where some were found, and neither where none could be looked for", () => {
    const replays = { sent: 2, once: 1, twice: 0, missing: 1, notKnown: 0 };
    const faulty = [{ lost: 1 }, { duplicated: 1 }, { replays }];
    for (const changes of faulty) expect(writesTone(truthWith(changes))).toBe("bad");
    for (const changes of [{}, { notKnown: 3 }, { duplicated: null }]) expect(writesTone(truthWith(changes))).toBe("good");
    expect(writesTone(truthWith({ notKnown: 3_000 }))).toBe("unsure");
  });
});

describe("the report", () => {
  const record = recordOf({ capacityPerSec: 700, holdSec: 5, multiples: [1] });
  const page = (writes: Readonly<Record<string, WriteTruth>>): string => pageOf({ ...record, run: { ...record.run, writes } });

  it("has a section on writes where any were read back", () => {
    const text = page({
      report: truthWith({ lost: 1, examples: { lost: ["4bf92f35"], twice: [] } }),
      checkin: truthWith({ lateUs: null, duplicated: null }),
    });
    expect(shown(text)).toContain('<section id="writes">');
    expect(text).toContain("4bf92f35");
    expect(slips(text)).toEqual([]);
    expect(pageOf(record)).not.toContain('<section id="writes">');
  });
});
