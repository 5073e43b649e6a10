import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { CookieJar } from "tough-cookie";
import { Cookies, keepsCookies, loadCookies, newSession } from "./journey-session.ts";

const journeys = { visit: { weight: 1, steps: [] }, plain: { weight: 1, steps: [], cookies: false } };

it("keeps cookies unless the journey says otherwise", () => {
  expect([keepsCookies(journeys, "visit"), keepsCookies(journeys, "plain")]).toEqual([true, false]);
});

it("has no use for the rules of cookies where no journey keeps any", async () => {
  await loadCookies({ journeys: { plain: journeys.plain } });
  expect(newSession(false)).toEqual({ carried: {}, cookies: null });
  expect(() => newSession(true)).toThrow(RangeError);
});

describe("the cookies of a journey", () => {
  beforeAll(() => loadCookies({ journeys }));
  const setting = (...cookies: string[]) => `HTTP/1.1 200 OK\r\n${cookies.map((one) => `Set-Cookie: ${one}\r\n`).join("")}\r\n`;
  const at = "http://health.example:8460/login/form";
  const after = (...cookies: string[]) => {
    const session = newSession(true);
    session.cookies?.keep(at, setting(...cookies));
    return (url: string) => session.cookies?.headerFor(url);
  };

  it("are sent back as they were set, each by its path, on any port", () => {
    const headerFor = after("sid=a=b; Path=/; HttpOnly", "step=1", "lang=zh; Path=/");
    expect(headerFor("http://health.example/")).toBe("sid=a=b; lang=zh");
    expect(headerFor("http://health.example:1/login/x")).toBe("step=1; sid=a=b; lang=zh");
  });

  it("have rules from the first one on, and none before", () => {
    const asked: string[] = [];
    class Jar extends CookieJar {
      constructor() {
        super();
        asked.push("new");
      }
    }
    const cookies = new Cookies(Jar);
    cookies.keep(at, "HTTP/1.1 200 OK\r\nx-a: 1\r\n\r\n");
    expect([cookies.headerFor(at), asked]).toEqual(["", []]);
    cookies.keep(at, setting("sid=1; Path=/"));
    expect([cookies.headerFor(at), asked]).toEqual(["sid=1", ["new"]]);
  });

  it("are remembered by their values, that no example shows them", () => {
    const { cookies } = newSession(true);
    cookies?.keep(at, setting("sid=old; Path=/", "theirs=1; Domain=evil.test"));
    cookies?.keep(at, setting("sid=new; Path=/"));
    expect([...(cookies?.values ?? [])]).toEqual(["old", "new"]);
  });

  it("are changed and taken back", () => {
    const session = newSession(true);
    session.cookies?.keep(at, setting("sid=1; Path=/", "gone=1; Path=/"));
    session.cookies?.keep(at, setting("sid=2; Path=/", "gone=; Path=/; Max-Age=0"));
    expect(session.cookies?.headerFor(at)).toBe("sid=2");
  });

  it("are nobody else's: not another journey's, another host's or another domain's", () => {
    const headerFor = after("sid=1; Path=/", "wide=1; Domain=example; Path=/", "theirs=1; Domain=evil.test; Path=/");
    expect(newSession(true).cookies?.headerFor(at)).toBe("");
    expect(headerFor("http://other.example/")).toBe("");
    expect(headerFor(at)).toBe("sid=1");
  });

  it("that are secure go over TLS, and over loopback as in a browser", () => {
    const session = newSession(true);
    session.cookies?.keep("https://health.example/", setting("s=1; Secure; Path=/"));
    session.cookies?.keep("http://127.0.0.1:1/", setting("l=1; Secure; Path=/"));
    expect(session.cookies?.headerFor("https://health.example/")).toBe("s=1");
    expect(session.cookies?.headerFor("http://health.example/")).toBe("");
    expect(session.cookies?.headerFor("http://127.0.0.1:1/")).toBe("l=1");
  });

  it("that no request can hold are not sent, and the others are", () => {
    expect(after("a=\u00e9; Path=/", "b=1; Path=/")(at)).toBe("b=1");
  });

  it("are whatever a server sends: nothing throws, nothing forges a header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const header = after(text.replaceAll(/[\r\n]/g, ""))(at);
        expect(header).toMatch(/^[\u0020-\u007e]*$/);
      }),
      { numRuns: 500 },
    );
  });
});
