import { Command } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { PlanOverrides } from "../src/scenario/overrides.ts";
import { addRunFlags, overridesOf, type RunFlags } from "./flags.ts";

afterEach(() => vi.unstubAllEnvs());

function parse(...args: readonly string[]): RunFlags {
  const command = addRunFlags(new Command("run"))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(args, { from: "user" }).opts<RunFlags>();
}

const overrides = (...args: readonly string[]): PlanOverrides => overridesOf(parse(...args));

it("changes nothing where nothing is said", () => {
  expect(overrides()).toEqual({});
  expect(parse()).toMatchObject({ cleanup: true, calibration: true });
});

it("reads what says where the load goes, and by which way", () => {
  expect(
    overrides(
      "--target=https://a.example",
      "--target=https://b.example",
      "--insecure",
      "--resolve=a.example:443:127.0.0.1",
      "--resolve=[::1]:80:::1,b.example:443:[::1]",
      "--source-address=127.0.0.2",
      "--source-address=127.0.0.3",
    ),
  ).toEqual({
    target: ["https://a.example", "https://b.example"],
    insecure: true,
    resolve: { "a.example:443": "127.0.0.1", "[::1]:80": "::1", "b.example:443": "[::1]" },
    sourceAddresses: ["127.0.0.2", "127.0.0.3"],
  });
});

it("reads how the load is shaped", () => {
  expect(overrides("--peak", "20", "--multiples", "1,2.5", "--hold", "1m", "--warmup", "0s", "--pace", "burst")).toEqual({
    peakRatePerSec: 20,
    multiples: [1, 2.5],
    holdUs: 60_000_000,
    warmupUs: 0,
    pace: "burst",
  });
  expect(parse("--no-calibration", "--no-cleanup")).toMatchObject({ cleanup: false, calibration: false });
});

describe("the environment", () => {
  it("says what no flag says, several values with commas between", () => {
    vi.stubEnv("PEAKPROOF_TARGET", "http://a.example, http://b.example");
    vi.stubEnv("PEAKPROOF_RESOLVE", "a.example:80:127.0.0.1,b.example:80:127.0.0.2");
    vi.stubEnv("PEAKPROOF_SOURCE_ADDRESS", "127.0.0.2");
    vi.stubEnv("PEAKPROOF_PACE", "uniform");
    expect(overrides("--source-address", "127.0.0.9")).toEqual({
      target: ["http://a.example", "http://b.example"],
      resolve: { "a.example:80": "127.0.0.1", "b.example:80": "127.0.0.2" },
      sourceAddresses: ["127.0.0.9"],
      pace: "uniform",
    });
  });

  it("never switches verification off: that is said where it can be seen", () => {
    vi.stubEnv("PEAKPROOF_INSECURE", "1");
    expect(overrides()).toEqual({});
  });
});

it.each([
  ["--resolve", "a.example:127.0.0.1", "host:port:address"],
  ["--pace", "steady", "poisson"],
  ["--hold", "30", "30s"],
  ["--peak", "-1", "above 0"],
])("refuses %s %s, saying what is expected", (flag, value, said) => {
  expect(() => parse(flag, value)).toThrow(said);
});
