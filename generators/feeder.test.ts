import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { faultOf } from "../test/fault-of.ts";
import { userFaults } from "../src/scenario/request.ts";
import { csvFeeder, fileBytes, ndjsonFeeder } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "peakproof-feeder-"));
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;
/** A file with this content. */
function file(content: string | Uint8Array, name = `f${written++}.txt`): URL {
  const path = join(folder, name);
  writeFileSync(path, content);
  return pathToFileURL(path);
}

const at = (index: number, random = 0.5) => ({ index, random });
const people = 'id,name,city\np-1,Ann,Oslo\np-2,"Smith, ""Jo""","Two\nlines"\np-3,李雷,武汉\n';

describe("a CSV feeder", () => {
  const feeder = csvFeeder<{ id: string; name: string; city: string }>(file(people));

  it("has a typed row for each line below the header, with quotes, commas and line breaks inside", () => {
    expect(feeder.rows).toEqual([
      { id: "p-1", name: "Ann", city: "Oslo" },
      { id: "p-2", name: 'Smith, "Jo"', city: "Two\nlines" },
      { id: "p-3", name: "李雷", city: "武汉" },
    ]);
    expect(feeder.row(at(0)).city.length).toBe(4);
  });

  it("gives rows in order, from the first again after the last", () => {
    expect([0, 1, 2, 3, 7].map((index) => feeder.row(at(index)).id)).toEqual(["p-1", "p-2", "p-3", "p-1", "p-2"]);
  });

  it("gives all requests of a journey the same row, and the n-th prepared user the n-th", () => {
    expect(feeder.row(at(1 + 3 * 2 ** 32)).id).toBe("p-2");
    expect([-1, -2, -3, -4].map((index) => feeder.row(at(index)).id)).toEqual(["p-1", "p-2", "p-3", "p-1"]);
  });

  it("gives any row at random, by the request's draw alone, evenly, and other rows of another file", () => {
    const rows = `n\n${Array.from({ length: 10 }, (_, number) => number).join("\n")}`;
    const one = csvFeeder(file(rows, "one.csv"), { pick: "random" });
    const other = csvFeeder(file(rows, "other.csv"), { pick: "random" });
    const draws = Array.from({ length: 10_000 }, (_, index) => (index + 0.5) / 10_000);
    const picked = draws.map((random) => one.row(at(1, random))["n"]);
    expect(picked).toEqual(draws.map((random) => one.row(at(9, random))["n"]));
    const count = (n: string): number => picked.filter((each) => each === n).length;
    for (let n = 0; n < 10; n++) expect(Math.abs(count(String(n)) - 1_000)).toBeLessThan(5 * Math.sqrt(1_000));
    expect(draws.map((random) => other.row(at(1, random))["n"])).not.toEqual(picked);
  });

  it("takes Windows line ends, a byte order mark, blank lines, and no line end after the last row", () => {
    expect(csvFeeder(file("\uFEFFid,n\r\n1,a\r\n\r\n2,b")).rows).toEqual([
      { id: "1", n: "a" },
      { id: "2", n: "b" },
    ]);
  });

  it.each([
    ["id,name\n1,a\n2\n", ":3 is no CSV"],
    ['id,name\n1,"a\n', "is no CSV"],
    ["id,id\n1,2\n", ":1: the header row does not name each column"],
    ["id,\n1,2\n", ":1: the header row does not name each column"],
    ["id,name\n", "has no rows"],
    ["", "has no rows"],
  ])("refuses %j, saying where", (content, said) => {
    const fault = faultOf(() => csvFeeder(file(content)));
    expect(fault.kind).toBe("usage");
    expect(fault.message).toContain(said);
    expect(fault.message).toContain(folder);
  });

  it("refuses a file that is not UTF-8, is not there, is too large, or is named by a path", () => {
    expect(faultOf(() => csvFeeder(file(Buffer.from([0x69, 0x64, 0x0a, 0xc0, 0xee])))).message).toContain("is not UTF-8");
    expect(faultOf(() => csvFeeder(new URL("file:///nowhere.csv"))).message).toContain("/nowhere.csv cannot be read");
    const large = file("id\n1\n");
    truncateSync(large, 256 * 1_024 * 1_024 + 1);
    expect(faultOf(() => csvFeeder(large)).message).toContain("is too large");
    expect(faultOf(() => csvFeeder("people.csv" as unknown as URL)).detail.fix).toContain("import.meta.url");
  });

  it("refuses a row beyond the millionth", () => {
    const rows = file(`n\n${"1\n".repeat(1_000_001)}`);
    expect(faultOf(() => csvFeeder(rows)).message).toContain("has too many rows");
  });
});

describe("users out of a file", () => {
  it("are its rows, in order, with their id", () => {
    const source = csvFeeder<{ id: string; name: string }>(file(people, "people.csv")).users("id", "zipf");
    expect(source).toMatchObject({ name: "people.csv", pool: 3, popularity: "zipf" });
    expect(source.user(1, 2)).toMatchObject({ id: "p-3", name: "李雷" });
    expect(source.user(99, 2)).toBe(source.user(1, 2));
  });

  it("may have numbers for ids, in another column", () => {
    const source = ndjsonFeeder<{ account: number; id: string }>(file('{"account":7,"id":"x y"}')).users("account");
    expect(source.user(1, 0)).toEqual({ account: 7, id: "7" });
    expect(userFaults(source.user(1, 0))).toEqual([]);
  });

  it.each([
    ["id,n\na,1\nb,2\na,3\n", ":4", "an id that no earlier row has"],
    ["id,n\na,1\n,2\n", ":3", "1 to 128 characters"],
    ['id,n\n"a, b",1\n', ":2", "1 to 128 characters"],
    ["n\n1\n", ":2", "1 to 128 characters"],
  ])("are refused for the ids of %j, saying where", (content, line, expected) => {
    const fault = faultOf(() => csvFeeder(file(content)).users("id"));
    expect(fault.message).toContain(line);
    expect(fault.detail.expected).toContain(expected);
  });
});

describe("an NDJSON feeder", () => {
  it("has a row for each line, blank ones left out", () => {
    const feeder = ndjsonFeeder<{ id: number; tags: string[] }>(file('{"id":1,"tags":["a"]}\n\n{"id":2,"tags":[]}\r\n'));
    expect(feeder.rows).toEqual([
      { id: 1, tags: ["a"] },
      { id: 2, tags: [] },
    ]);
    expect(feeder.row(at(3)).tags).toEqual([]);
  });

  it.each([
    ['{"id":1}\n{"id":', ":2 is no JSON"],
    ["{}\n[1]", ":2 is no JSON object"],
    ["null", ":1 is no JSON object"],
    ["\n\n", "has no rows"],
  ])("refuses %j, saying where", (content, said) => {
    expect(faultOf(() => ndjsonFeeder(file(content))).message).toContain(said);
  });
});

it("reads the bytes of a file once", () => {
  const url = file(new Uint8Array([0, 255, 10]), "photo.bin");
  const bytes = fileBytes(url);
  expect([...bytes]).toEqual([0, 255, 10]);
  writeFileSync(url, "changed");
  expect(fileBytes(new URL(url.href))).toBe(bytes);
});
