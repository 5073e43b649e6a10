import { describe, expect, it } from "vitest";
import { linearY, logTicks, logY, timeAxis, timeX } from "./axis.ts";
import { layouts } from "./layout.ts";

const area = { left: 50, right: 750, top: 0, bottom: 200 };
const [wide] = layouts;

describe("logY", () => {
  it("reaches from the 1-2-5 step below the data to the one above", () => {
    expect(logY([2_300, 410_000], area).domain()).toEqual([2_000, 500_000]);
  });

  it("spans a decade at least, and stands where there is nothing to show", () => {
    expect(logY([3_000], area).domain()).toEqual([2_000, 20_000]);
    expect(logY([0, Number.NaN, Infinity], area).domain()).toEqual([1_000, 10_000]);
  });

  it("numbers 2 and 5 where a decade has room, and only the decades where it has not", () => {
    expect(logTicks(logY([1_000, 10_000], area)).map(({ label }) => label)).toEqual(["1 ms", "2 ms", "5 ms", "10 ms"]);
    const tight = logTicks(logY([1_000, 10_000_000], area)).filter(({ label }) => label !== "");
    expect(tight.map(({ label }) => label)).toEqual(["1 ms", "10 ms", "100 ms", "1 s", "10 s"]);
  });
});

describe("linearY", () => {
  it("begins at 0 and ends at a round number, data or none", () => {
    expect(linearY([994], area).domain()).toEqual([0, 1_200]);
    expect(linearY([], area).domain()).toEqual([0, 1]);
  });
});

describe("timeAxis", () => {
  it("counts seconds in a short run and minutes in a long one", () => {
    if (wide === undefined) throw new Error("there is a wide layout");
    expect(timeAxis(timeX(0, 80, wide), area, wide).text).toContain(">80</text>");
    const long = timeAxis(timeX(0, 7_300, wide), area, wide).text;
    expect(long).toContain(">120:00</text>");
    expect(long).toContain("minutes:seconds since the start");
  });
});
