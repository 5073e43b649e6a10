import { describe, expect, it } from "vitest";
import { truthWith } from "../../test/write-truth.ts";
import { exitText, type State, stateOf } from "./state.ts";

type Grade = "valid" | "lower-bound" | "invalid";
const state = (grade: Grade, holdsMultiple: number | null, breaksAt: number | null): State =>
  stateOf({ validity: { grade, reasons: [] }, answer: { holdsMultiple, breaksAt, cause: null, sentence: "" } });

describe("stateOf", () => {
  it("puts the answer in a few words and a tone", () => {
    expect(state("valid", 5, null)).toEqual({ tone: "good", words: "Holds 5x" });
    expect(state("valid", 3, 5)).toEqual({ tone: "bad", words: "Breaks at 5x" });
    expect(state("valid", null, null)).toEqual({ tone: "unsure", words: "No answer" });
  });

  it("claims no more than the generator could show", () => {
    expect(state("lower-bound", 3, null)).toEqual({ tone: "good", words: "Holds at least 3x" });
  });

  it("says nothing of a run that is not valid, whatever its numbers", () => {
    expect(state("invalid", 5, null)).toEqual({ tone: "unsure", words: "Not valid" });
  });

  it("shows no tick over writes that are lost or doubled", () => {
    const answer = { holdsMultiple: 2, breaksAt: null, cause: null, sentence: "" };
    const judged = { validity: { grade: "valid", reasons: [] }, answer } as const;
    const wrong = { tone: "bad", words: "Holds 2x, but writes went wrong" };
    expect(stateOf({ ...judged, writes: { report: truthWith({ lost: 3 }), pay: truthWith() } })).toEqual(wrong);
    expect(stateOf({ ...judged, writes: { report: truthWith() } })).toEqual({ tone: "good", words: "Holds 2x" });
  });
});

it("puts an exit code in words", () => {
  expect(exitText(6)).toBe("6 (stopped by a safety limit)");
  expect(exitText(77)).toBe("77");
});
