import { describe, expect, it } from "vitest";
import { configFrom, defaults, resolveConfig } from "./config.ts";
import { ServiceError } from "./errors.ts";
import { faultOf, formatKnob, knobs, parseKnob } from "./knobs.ts";

function detailsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ServiceError) return error.details;
    throw error;
  }
  return [];
}

describe("the configuration", () => {
  it("takes what is given over the environment over the defaults", () => {
    const config = resolveConfig({ workers: 2 }, { HEALTH_CODE_SECRET: "from outside" });
    expect([config.workers, config.secret, config.port]).toEqual([2, "from outside", defaults.port]);
  });

  it("takes stores' addresses from the environment for `serve` alone", () => {
    const environment = { DATABASE_URL: "postgres://h/d", REDIS_URL: "redis://h", HEALTH_CODE_SECRET: "s" };
    const config = resolveConfig({}, environment);
    expect([config.databaseUrl, config.redisUrl, config.secret]).toEqual([null, null, "s"]);
    expect(configFrom(environment, "serve")).toEqual({ databaseUrl: "postgres://h/d", redisUrl: "redis://h" });
  });

  it("refuses two stores at once, and a hop or a share that there is none of", () => {
    const details = detailsOf(() =>
      resolveConfig({ databasePath: "a", databaseUrl: "postgres://h", dropTagAt: "disk" as "log", loseShare: 2 }, {}),
    );
    expect(details).toEqual([
      "loseShare: 2 is not a number from 0 to 1",
      'dropTagAt: "disk" is not one of queue, store, cache, laboratory, log',
      "databasePath and databaseUrl: rows are kept in one store; leave one of the two out",
    ]);
  });

  it("lists every fault at once", () => {
    const details = detailsOf(() =>
      resolveConfig({ workers: 0, port: 70_000, laboratoryLatencyMs: Number.NaN, queueRatePerSec: -1 }, {}),
    );
    expect(details.map((detail) => detail.split(":")[0])).toEqual(["port", "workers", "queueRatePerSec", "laboratoryLatencyMs"]);
  });

  it("refuses the public secrets where others can reach the service, and only there", () => {
    const details = detailsOf(() => resolveConfig({ host: "0.0.0.0" }, {}));
    expect(details.map((detail) => detail.split(" ")[0])).toEqual(["HEALTH_CODE_SECRET", "HEALTH_CODE_ADMIN_TOKEN"]);
    expect(detailsOf(() => resolveConfig({ host: "0.0.0.0", secret: "a", adminToken: "b" }, {}))).toEqual([]);
    expect(detailsOf(() => resolveConfig({ host: "127.0.0.2" }, {}))).toEqual([]);
  });

  it("never shows a secret in a fault", () => {
    const details = detailsOf(() => resolveConfig({ secret: "x".repeat(300) }, {}));
    expect(details).toHaveLength(1);
    expect(details.join()).not.toContain("xxx");
  });
});

describe("the table of knobs", () => {
  it("describes every setting once", () => {
    expect(knobs.map((knob) => knob.key).toSorted()).toEqual(Object.keys(defaults).toSorted());
  });

  it.each(knobs.filter((knob) => defaults[knob.key] !== null))("reads $key as it writes it, and its default fits", (knob) => {
    const value = defaults[knob.key];
    expect(parseKnob(knob, formatKnob(knob, value))).toBe(value);
    expect(faultOf(knob, value)).toBeNull();
  });

  it.each([
    ["laboratoryLatencyMs", "1.5s", 1_500],
    ["laboratoryLatencyMs", "800ms", 800],
    ["laboratoryLatencyMs", "800", undefined],
    ["workers", "two", undefined],
    ["cacheStampedeProtection", "off", false],
    ["cacheStampedeProtection", "no", undefined],
    ["dropTagAt", "queue", "queue"],
    ["duplicateShare", "0.001", 0.001],
  ] as const)("reads %s %s as %s", (key, text, value) => {
    const knob = knobs.find((each) => each.key === key);
    expect(knob === undefined ? null : parseKnob(knob, text)).toBe(value);
  });
});
