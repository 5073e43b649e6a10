import { expect, it } from "vitest";
import { TagLines } from "./tag-lines.ts";

const namesIn = (lines: TagLines): string[] =>
  lines
    .text("c1-7", lines.traceId(7), 7, "load")
    .trimEnd()
    .split("\r\n")
    .map((line) => line.slice(0, line.indexOf(":")));

it("carries the tag in headers of its own, in baggage, and in the user agent", () => {
  expect(namesIn(new TagLines("r-1"))).toEqual([
    "x-synthetic-run",
    "x-synthetic-user",
    "x-synthetic-purpose",
    "baggage",
    "traceparent",
    "user-agent",
  ]);
});

it("takes other names where a gateway drops those", () => {
  const lines = new TagLines("r-1", { run: "load-run", user: "load-user", purpose: "load-purpose" });
  expect(namesIn(lines).slice(0, 3)).toEqual(["load-run", "load-user", "load-purpose"]);
  expect(lines.text("c1-7", lines.traceId(7), 7, "load")).toContain("load-run: r-1\r\nload-user: c1-7\r\nload-purpose: load\r\n");
});
