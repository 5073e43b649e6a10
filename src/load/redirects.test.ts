import { describe, expect, it } from "vitest";
import type { BuiltRequest } from "./requests.ts";
import { hopAfter, hopText } from "./redirects.ts";
import { sitesOf, type Site } from "./sites.ts";

const sites = sitesOf(["http://a.example:80", "https://b.example"], { host: null });
const [a, b] = [sites[0]!, sites[1]!];
const head = (location: string) => `HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`;
const from = (method: string) => ({ site: a, method, path: "/x/y?z" });

describe("where a reply sends a request on to", () => {
  it.each([
    ["/new?q", a, "/new?q"],
    ["new", a, "/x/new"],
    ["../new#part", a, "/new"],
    ["?q=1", a, "/x/y?q=1"],
    ["//a.example/n", a, "/n"],
    ["http://a.example:80/n", a, "/n"],
    ["https://b.example:443/n", b, "/n"],
    ["/a b\u00e9", a, "/a%20b%C3%A9"],
  ])("is, for %s, a path at one of the targets", (location, site, path) => {
    expect(hopAfter(302, head(location), from("GET"), sites)).toEqual({ site, method: "GET", path });
  });

  it.each(["http://b.example/n", "https://a.example/", "http://evil.example/", "ftp://a.example/", "mailto:a@a.example"])(
    "is an error of its own for %s, which is no target",
    (location) => {
      expect(hopAfter(302, head(location), from("GET"), sites)).toBe("redirect:other-origin");
    },
  );

  it("is an error for what is no address", () => {
    expect(hopAfter(302, head("http://:99999/"), from("GET"), sites)).toBe("redirect:malformed");
  });

  it.each([200, 300, 304, 305, 306, 404])("is nowhere for status %i", (status) => {
    expect(hopAfter(status, head("/n"), from("GET"), sites)).toBeNull();
  });

  it("is nowhere where the reply does not say", () => {
    expect(hopAfter(302, "HTTP/1.1 302 Found\r\n\r\n", from("GET"), sites)).toBeNull();
  });

  it.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [301, "PUT", "PUT"],
    [302, "DELETE", "DELETE"],
    [307, "POST", "POST"],
    [308, "PATCH", "PATCH"],
  ])("goes on after a %i to a %s as %s", (status, method, next) => {
    expect(hopAfter(status, head("/n"), from(method), sites)).toMatchObject({ method: next });
  });

  it("goes by the name that the target is asked for, where that is another one", () => {
    const [hidden] = sitesOf(["http://127.0.0.1:8460"], { host: "health.example" });
    const at = { site: hidden!, method: "GET", path: "/" };
    expect(hopAfter(302, head("http://health.example/n"), at, [hidden!])).toMatchObject({ site: hidden, path: "/n" });
    expect(hopAfter(302, head("http://127.0.0.1:8460/n"), at, [hidden!])).toMatchObject({ site: hidden, path: "/n" });
  });
});

describe("a request as it goes on", () => {
  const lines = [
    "POST /x HTTP/1.1",
    "host: a.example",
    "x-synthetic-run: r",
    "Authorization: Bearer t",
    "content-type: application/json",
    "content-length: 2",
    "cookie: own=1",
  ];
  const text = `${lines.join("\r\n")}\r\n\r\n{}`;
  const built = { text, method: "POST", site: a, ownCookies: "own=1" } as BuiltRequest;
  const sent = (hop: Parameters<typeof hopText>[1]) => hopText(built, hop, "").split("\r\n");

  it("keeps everything but its path at the same site", () => {
    expect(sent({ site: a, method: "POST", path: "/n" })).toEqual([
      "POST /n HTTP/1.1",
      "host: a.example",
      ...lines.slice(2),
      "",
      "{}",
    ]);
  });

  it("loses its body, and what is said of it, when it becomes a GET", () => {
    expect(sent({ site: a, method: "GET", path: "/n" })).toEqual([
      "GET /n HTTP/1.1",
      "host: a.example",
      "x-synthetic-run: r",
      "Authorization: Bearer t",
      "cookie: own=1",
      "",
      "",
    ]);
  });

  it("keeps its tag and loses its credentials on the way to another site", () => {
    const text = hopText(built, { site: b, method: "POST", path: "/n" }, "");
    expect(text).toContain("host: b.example\r\nx-synthetic-run: r\r\ncontent-type");
    expect(text).not.toMatch(/authorization|cookie/i);
  });

  it("has its own cookies and those of its journey as they are by then, and at another site those alone", () => {
    const cookiesOf = (site: Site, cookies: string) =>
      hopText(built, { site, method: "GET", path: "/n" }, cookies)
        .split("\r\n")
        .filter((line) => line.startsWith("cookie"));
    expect(cookiesOf(a, "sid=2")).toEqual(["cookie: own=1; sid=2"]);
    expect(cookiesOf(a, "")).toEqual(["cookie: own=1"]);
    expect(cookiesOf(b, "sid=2")).toEqual(["cookie: sid=2"]);
    expect(cookiesOf(b, "")).toEqual([]);
  });
});
