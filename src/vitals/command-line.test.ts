import { expect, it } from "vitest";
import { shortCommandLine } from "./command-line.ts";

const short = (...words: string[]): string => shortCommandLine(words.map((word) => `${word}\0`).join(""), "node");

it("drops directories and keeps flags", () => {
  expect(short("/usr/bin/node", "/srv/app/server.js", "--port", "8460")).toBe("node server.js --port 8460");
  expect(short("node", "--config=/etc/app/main.json")).toBe("node --config=main.json");
});

it("keeps secrets out of the record, however they are written", () => {
  expect(short("app", "--db-password", "hunter2", "-v")).toBe("app --db-password ... -v");
  expect(short("app", "--api-key=hunter2", "TOKEN=hunter2")).toBe("app --api-key=... TOKEN=...");
  expect(short("app", "postgres://me:hunter2@db/x")).toBe("app postgres://...@db/x");
  expect(short("app", "--url=redis://:hunter2@cache")).toBe("app --url=redis://...@cache");
});

it("falls back on the kernel's name where there is no command line", () => {
  expect(shortCommandLine("", "kworker/0:1")).toBe("kworker/0:1");
});

it("keeps a name short", () => {
  expect(short("java", "x".repeat(500))).toHaveLength(120);
});
