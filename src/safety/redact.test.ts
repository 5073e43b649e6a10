import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keepSecret, makeRedactor, makeValueRedactor, redact, redactHeaders, secretsNamedIn } from "./redact.ts";

const plain = makeRedactor({});

describe("redact", () => {
  it.each([
    ["authorization: Bearer abc.def", "authorization: [redacted]"],
    ['{"authorization":"Bearer abc","a":1}', '{"authorization":"[redacted]","a":1}'],
    ["Set-Cookie: sid=abc; Path=/\r\nx-a: 1", "Set-Cookie: [redacted]\r\nx-a: 1"],
    ['{"password":"a\\"b","name":"n"}', '{"password":"[redacted]","name":"n"}'],
    ['{"pin_token":123456,"n":1}', '{"pin_token":"[redacted]","n":1}'],
    ['{"tokens":["abc","def"],"n":1}', '{"tokens":"[redacted]","n":1}'],
    ['"{\\"token\\":\\"abc\\",\\"n\\":1}"', '"{\\"token\\":\\"[redacted]\\",\\"n\\":1}"'],
    ["GET /x?access_token=abc&page=2", "GET /x?access_token=[redacted]&page=2"],
    ["connect https://me:p4ss@db.example.com/x", "connect https://[redacted]@db.example.com/x"],
    ["sent Bearer abcdef to it", "sent Bearer [redacted] to it"],
    ["cookie:          received=b", "cookie:          [redacted]"],
    ["token=env:NAME:-fallback", "token=[redacted]"],
    ["got eyJhbGciOi.eyJzdWIi.c2ln here", "got [redacted] here"],
  ])("turns %j into %j", (text, clean) => {
    expect(plain(text)).toBe(clean);
  });

  it.each([
    "connect ECONNREFUSED 127.0.0.1:8460",
    '{"error":"too many requests","retryAfter":3}',
    "x-synthetic-run: 20260101-abc",
    "mail me@example.com about http://example.com/@handle",
    "monkey: banana",
    'connections.tls.passphrase: received a value (not shown); write passphrase: "env:CLIENT_KEY_PASSPHRASE"',
    "journeys.visit.cookie: received an unknown key; expected one of weight, steps, cookies",
    "export CLIENT_KEY_PASSPHRASE=...",
  ])("leaves %j as it is", (text) => {
    expect(plain(text)).toBe(text);
  });

  it("is idempotent on what it has cleaned", () => {
    const once = plain('token=abc\ncookie: a=b\n{"secret":"x"}\nhttps://a:b@c/');
    expect(plain(once)).toBe(once);
  });

  it("takes a value from the environment out wherever it stands, also within JSON and within a URL", () => {
    const clean = makeRedactor({ DB_PASSWORD: 'p/"q r', HOME: "/home/someone", SHORT_KEY: "1" });
    expect(clean('x p/"q r y')).toBe("x [redacted] y");
    expect(clean(JSON.stringify({ note: 'p/"q r' }))).toBe('{"note":"[redacted]"}');
    expect(clean("/a/p%2F%22q%20r")).toBe("/a/[redacted]");
    expect(clean("1 file in /home/someone")).toBe("1 file in /home/someone");
  });

  it("takes this process's own secrets out", () => {
    expect(redact("nothing secret here")).toBe("nothing secret here");
    expect(redact("password=abc")).toBe("password=[redacted]");
  });

  it("takes out, once it was told to, every text in what a setup returned, but for short ones", () => {
    const made = { tokens: ["hunter2-a", "hunter2-b"], by: new Map([["id", { name: "Frau+Holle" }]]), n: 123_456, to: "north" };
    keepSecret(Object.assign(made, { made }));
    expect(redact("/x?s=hunter2-a says hunter2-b, Frau%2BHolle went north")).toBe(
      "/x?s=[redacted] says [redacted], [redacted] went north",
    );
    expect(() => keepSecret(Array.from({ length: 10_001 }, (_, at) => `token-${at}`))).toThrowError(/too many texts/);
    keepSecret(undefined);
    expect(redact("hunter2-a")).toBe("hunter2-a");
  });

  it("takes out whole numbers of six digits and more, too, and keys of a Map, but no names of fields", () => {
    keepSecret({ accessCode: 87_654_321, pin: 1_234, big: 12_345_678_901_234_567_890n, by: new Map([["hunter2-k", 1]]) });
    expect(redact("accessCode is 87654321, pin is 1234, 12345678901234567890, hunter2-k")).toBe(
      "accessCode is [redacted], pin is 1234, [redacted], [redacted]",
    );
    keepSecret(undefined);
  });

  it("takes certain values out and nothing else, and everything where there are too many of them", () => {
    const clean = makeValueRedactor([{ sid: "hunter2-a", n: 7 }, null, undefined, new Set(["hunter2-b"])]);
    expect(clean("token=x 7 hunter2-a/hunter2-b")).toBe("token=x 7 [redacted]/[redacted]");
    expect(makeValueRedactor([])("token=x")).toBe("token=x");
    expect(makeValueRedactor(Array.from({ length: 10_001 }, (_, at) => `token-${at}`))("what")).toBe("[redacted]");
  });

  it("stays linear on hostile text", () => {
    const started = performance.now();
    for (const unit of ["token", "eyJa", "a://", '\\"token', "bearer ", "a", " token:", 'token"'])
      plain(unit.repeat(Math.ceil(200_000 / unit.length)));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("no seeded secret survives", () => {
  const token = fc.stringMatching(/^[A-Za-z0-9_.~+/-]{12,40}$/);
  const around = fc.string({ maxLength: 30 });
  const places: readonly ((secret: string) => string)[] = [
    (secret) => `\nauthorization: Bearer ${secret}\r\n`,
    (secret) => `\nCookie: sid=1; session=${secret}; theme=dark\r\n`,
    (secret) => JSON.stringify({ user: "u", api_key: secret, n: 1 }),
    (secret) => JSON.stringify({ body: JSON.stringify({ refreshToken: secret }) }),
    (secret) => JSON.stringify({ body: JSON.stringify({ body: JSON.stringify({ secret }) }) }),
    (secret) => `POST /login?user=u&password=${secret}&next=1`,
    (secret) => ` https://user:${encodeURIComponent(secret)}@host/path`,
    (secret) => `{ token: '${secret}' }`,
    (secret) => ` Basic ${secret} `,
  ];

  it("of those that patterns find, whatever surrounds them", () => {
    fc.assert(
      fc.property(token, fc.constantFrom(...places), around, around, (secret, place, before, after) => {
        expect(plain(`${before}\n${place(secret)}\n${after}`)).not.toContain(secret);
      }),
      { numRuns: 1_000 },
    );
  });

  it("of those that the environment names, whatever characters they are made of", () => {
    const secrets = fc.array(fc.string({ unit: "grapheme", minLength: 6, maxLength: 30 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(secrets, around, (raw, text) => {
        const values = raw.map((value) => value.trim()).filter((value) => value.length >= 6);
        const clean = makeRedactor(Object.fromEntries(values.map((value, at) => [`MY_TOKEN_${at}`, value])));
        for (const value of values) {
          expect(clean(`${text} ${value} ${JSON.stringify(value)} ${text}`)).not.toContain(value);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it("replaces the headers that carry credentials and keeps the others", () => {
  expect(
    redactHeaders({
      Authorization: "x",
      "set-cookie": "y",
      "X-Api-Key": "z",
      "idempotency-key": "k-1",
      "content-type": "text/plain",
    }),
  ).toEqual({
    Authorization: "[redacted]",
    "set-cookie": "[redacted]",
    "X-Api-Key": "[redacted]",
    "idempotency-key": "k-1",
    "content-type": "text/plain",
  });
});

describe("what a request calls secret itself", () => {
  const request = (value: string) =>
    `POST /a?access_token=${encodeURIComponent(value)}1&q=plain HTTP/1.1\r\nauthorization: Bearer ${value}2\r\ncookie: theme=x; sid=${value}3\r\nx-api-key: ${value}4\r\naccept: text/plain\r\n\r\n${JSON.stringify({ password: `${value}5`, name: "plain" })}`;

  it("is taken out of a reply that says it back without those words, and nothing else is", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{8,40}$/), (value) => {
        const secrets = ["1", "2", "3", "4", "5"].map((end) => value + end);
        const reply = makeValueRedactor(secretsNamedIn(request(value)))(`said: ${secrets.join(" and ")}; plain text/plain`);
        expect(reply).toBe(`said: ${secrets.map(() => "[redacted]").join(" and ")}; plain text/plain`);
      }),
    );
  });
});
