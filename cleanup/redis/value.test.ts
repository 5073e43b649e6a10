import { expect, it } from "vitest";
import type { RedisConnection, RedisReply } from "./connection.ts";
import { globMatcher } from "./glob.ts";
import { redisNames } from "./plan.ts";
import { UntaggedKeys } from "./untagged.ts";
import { valueDigest } from "./value.ts";

/** Answers each command as it is told to, page after page. */
function scripted(replies: Readonly<Record<string, readonly RedisReply[]>>): RedisConnection {
  const at = new Map<string, number>();
  const call = async (command: string): Promise<RedisReply> => {
    const given = replies[command] ?? [];
    const number = at.get(command) ?? 0;
    at.set(command, number + 1);
    return given[number % given.length] ?? null;
  };
  return { call } as unknown as RedisConnection;
}

const none = () => false;

it("a member that a scan gives twice, as it may while a table is resized, counts once", async () => {
  const once = scripted({ TYPE: ["hash"], HSCAN: [["0", ["a", "1", "b", "2"]]] });
  const twice = scripted({
    TYPE: ["hash"],
    HSCAN: [
      ["7", ["b", "2", "a", "1"]],
      ["0", ["a", "1"]],
    ],
  });
  const other = scripted({ TYPE: ["hash"], HSCAN: [["0", ["a", "1", "b", "3"]]] });
  const digest = await valueDigest(once, "key", none);
  expect(await valueDigest(twice, "key", none)).toBe(digest);
  expect(await valueDigest(other, "key", none)).not.toBe(digest);
});

it("a key that a scan gives twice counts once, and one that is gone meanwhile not at all", async () => {
  const names = redisNames({ url: "redis://h", keys: ["a:{run}"] }, "20260101-abc", 0);
  const patterns = [{ pattern: "*", matches: globMatcher("*") }];
  const stateOf = (connection: RedisConnection) => new UntaggedKeys(connection, names, patterns, []).state();
  const one = await stateOf(scripted({ SCAN: [["0", ["a"]]], TYPE: ["string"], GETRANGE: ["x"] }));
  expect(one?.count).toBe(1);
  expect(
    await stateOf(
      scripted({
        SCAN: [
          ["3", ["a", "a"]],
          ["0", ["a"]],
        ],
        TYPE: ["string"],
        GETRANGE: ["x"],
      }),
    ),
  ).toEqual(one);
  expect(await stateOf(scripted({ SCAN: [["0", ["a", "b"]]], TYPE: ["string", "none"], GETRANGE: ["x"] }))).toEqual(one);
});

it("a module's own type is judged by its serialized form", async () => {
  const digests = ["x", "y"].map((dump) => valueDigest(scripted({ TYPE: ["ReJSON-RL"], DUMP: [dump] }), "key", none));
  expect(await digests[0]).not.toBe(await digests[1]);
});
