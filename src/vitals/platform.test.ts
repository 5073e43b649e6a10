import { expect, it } from "vitest";
import { vitalsPlatform } from "./platform.ts";

const files = (texts: Record<string, string>) => (path: string) => texts[path] ?? null;
const whole = { "/proc/self/stat": "1 (node) R", "/proc/self/schedstat": "900000 0 3", "/proc/pressure/cpu": "some total=1" };

it("has nothing to say of a machine that has everything", () => {
  expect(vitalsPlatform("linux", files(whole))).toEqual({ available: true, exactThreadTimes: true, sentences: [] });
});

it("says that vitals need Linux, and that load still runs", () => {
  const { available, sentences } = vitalsPlatform("darwin", files({}));
  expect(available).toBe(false);
  expect(sentences.join(" ")).toMatch(/vitals need Linux: this is darwin; load runs/);
});

it("says that /proc cannot be read", () => {
  expect(vitalsPlatform("linux", files({}))).toMatchObject({
    available: false,
    sentences: [expect.stringMatching(/need \/proc/)],
  });
});

it("falls back on ticks where schedstat is all zeros, as kernels without it print", () => {
  const { exactThreadTimes, sentences } = vitalsPlatform("linux", files({ ...whole, "/proc/self/schedstat": "0 0 0" }));
  expect(exactThreadTimes).toBe(false);
  expect(sentences).toHaveLength(1);
});

it("names missing pressure figures", () => {
  const { "/proc/pressure/cpu": _, ...without } = whole;
  expect(vitalsPlatform("linux", files(without)).sentences.join(" ")).toMatch(/PSI/);
});
