/**
 * Secrets are seeded into a whole run, and the target says each of them back in every place that it can; then everything that was written
 * and printed is searched for them. What else a hostile target says is shown and does nothing.
 */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, Folder, start } from "./cli.ts";

/** In every secret, and nowhere else. */
const mark = "S3CR3T";
const secretOf = (name: string): string => `${name}-${mark}-${"0123456789abcdef".repeat(2)}`;
const environment = {
  PEAKPROOF_TOKEN: secretOf("cleanup"),
  SHOP_API_KEY: secretOf("environment"),
  SHOP_DATABASE_PASSWORD: secretOf("database"),
  DATABASE_URL: `postgres://shop:${secretOf("database")}@127.0.0.1:1/shop`,
};

/** What a target may say to whoever looks at its replies. */
const hostile = [
  "<script>alert(1)</script><img src=x onerror=alert(2)>",
  "=cmd|' /C calc'!A0",
  "\u001b[2J\u001b]0;owned\u0007\u001b[31mred",
  "\u202eturned\u0000",
];

let server: Server;
let origin: string;
let isLoaded = false;
beforeAll(async () => {
  server = createServer((request, reply) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => answer(request, reply, body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function answer(request: IncomingMessage, reply: ServerResponse, body: string): void {
  const path = request.url ?? "/";
  const run = /^\/synthetic\/([^?]+)/.exec(path)?.[1];
  if (run !== undefined && !isLoaded) {
    const rows = { rows: { store: 0 }, untagged: { count: 0, checksum: "0" }, tombstoned: false };
    return void reply.end(JSON.stringify({ run, ...rows }));
  }
  if (path.startsWith("/metrics")) return void reply.end(`up{url=${JSON.stringify(path)}} 1\n`);
  if (path.startsWith("/setup")) return void reply.end(JSON.stringify({ token: secretOf("setup") }));
  isLoaded = true;
  sayBack(request, reply, body);
}

let said = 0;
/** Everything that came, in another form each time. */
function sayBack(request: IncomingMessage, reply: ServerResponse, body: string): void {
  said += 1;
  const { authorization = "", cookie = "" } = request.headers;
  const key = String(request.headers["x-api-key"]);
  const values = [authorization, authorization.replace(/^\w+ /, ""), cookie, key, body];
  const forms = [
    JSON.stringify({ error: "denied", headers: request.headers, url: request.url, body }),
    JSON.stringify({ nested: JSON.stringify({ authorization, api_key: key }) }),
    values.join("\n"),
    `curl -H 'Authorization: ${authorization}' '${origin}${request.url}' -d '${body}'`,
    `<pre>${hostile.join("\n")}</pre>${encodeURIComponent(values.join(" "))}`,
    JSON.stringify({
      refresh_token: secretOf("reply"),
      next: `https://user:${secretOf("address")}@host/?token=${secretOf("query")}`,
    }),
  ];
  reply.writeHead([200, 500, 403, 429, 418][said % 5] ?? 200, `Said ${authorization} ${key}`.trim(), {
    "x-echo": authorization,
    "set-cookie": `session=${secretOf("cookie")}`,
    "server-timing": `${secretOf("timing")};dur=5, token=${key};dur=7`,
    location: `https://user:${secretOf("location")}@elsewhere/?access_token=${secretOf("location")}`,
  });
  if (said % 11 === 0) return void reply.socket?.destroy();
  reply.end(forms[said % forms.length]);
}

/** A scenario that has a secret wherever one may be. */
function scenarioIn(folder: Folder, cleanup: string): string {
  return folder.file(
    "shop.mjs",
    `const secret = (name) => name + "-${mark}-" + "0123456789abcdef".repeat(2);
    export default ({ variables: { api_token: given } }) => {
    const headers = (at) => ({
      authorization: "Bearer " + at.setup.token, "x-api-key": process.env.SHOP_API_KEY, cookie: "sid=" + secret("sid"),
      "x-token": given,
    });
    return {
      name: "shop", target: "${origin}",
      load: { peak: { ratePerSec: 100 }, multiples: [1], hold: "2s", warmup: "0s" },
      users: { name: "people", pool: 10, popularity: "uniform", user: (_, index) => ({ id: "u" + index }) },
      setup: async ({ fetch, target }) => (await fetch(target + "/setup?token=" + secret("fetched"))).json(),
      operations: {
        get: {
          kind: "read", weight: 3,
          request: (_, at) => ({ path: "/items?access_token=" + secret("url"), headers: headers(at) }),
          checks: { "says <script>alert(3)</script>": (reply) => reply.status !== 200 },
        },
        put: {
          kind: "write", weight: 1, created: (reply) => reply.json().id,
          request: (_, at) => ({ method: "POST", path: "/items", headers: headers(at), body: JSON.stringify({ password: secret("body") }) }),
        },
      },
      observe: { prometheus: "/metrics?token=" + secret("metrics") },
      safety: { abort: [] },
      cleanup: ${cleanup},
    }; };`,
  );
}

/** The files of a folder and what was printed, by name. */
function everythingOf(folder: Folder, { stdout, stderr }: Ended): Record<string, string> {
  const files = readdirSync(folder.runs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files.map((file) => [file.name, readFileSync(join(file.parentPath, file.name), "utf8")] as const);
  return { stdout, stderr, ...Object.fromEntries(texts) };
}

/** The surroundings of each secret, in all its spellings, so that a failure says what leaked. */
function leaks(texts: Readonly<Record<string, string>>): string[] {
  return Object.entries(texts).flatMap(([name, text]) =>
    [...text.matchAll(new RegExp(`.{0,60}${mark}.{0,10}`, "g"))].slice(0, 3).map(([around]) => `${name}: ${around}`),
  );
}

describe("a run against a target that says everything back", () => {
  let texts: Record<string, string>;
  let folder: Folder;
  beforeAll(async () => {
    folder = new Folder();
    isLoaded = false;
    const path = scenarioIn(folder, '{ http: { path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN", settle: "100ms" } }');
    const flags = ["--var", `api_token=${secretOf("variable")}`, "--label", `password=${secretOf("label")}`, "--no-calibration"];
    const ended = await start(["run", path, "--out", folder.runs, ...flags], { env: environment }).ended;
    texts = everythingOf(folder, ended);
  });
  afterAll(() => folder[Symbol.dispose]());

  it("was one, with samples of errors, and a cleanup that was refused", () => {
    expect(texts["samples.ndjson"]).toContain("status:500");
    expect(texts["stdout"]?.replace(/\s+/g, " ")).toContain("to finish it: peakproof cleanup");
    expect(Object.keys(texts)).toEqual(expect.arrayContaining(["run.json", "report.html", "report.csv", "cleanup.json"]));
  });

  it("leaves none of its secrets in a file or on the terminal", () => {
    expect(leaks(texts)).toEqual([]);
  });

  it("shows what the target says as text: in the page, in the table and on the terminal", () => {
    const page = texts["report.html"] ?? "";
    expect(page).toContain("&lt;script&gt;alert(1)");
    expect(page).not.toContain("<script>alert");
    expect(page).not.toMatch(/<img[^>]*onerror/);
    const cells = (texts["report.csv"] ?? "").split(/[\n,]/);
    expect(cells.filter((cell) => /^"?[=+@\t\r-]/.test(cell))).toEqual([]);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(`${texts["stdout"]}${texts["stderr"]}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

it("a run whose database cannot be reached does not say its password", async () => {
  using folder = new Folder();
  isLoaded = false;
  const path = scenarioIn(folder, '{ postgres: { url: "env:DATABASE_URL", tables: ["items"] } }');
  const flags = ["--var", `api_token=${secretOf("variable")}`, "--no-calibration"];
  const ended = await start(["run", path, "--out", folder.runs, ...flags], { env: environment }).ended;
  expect(ended.code).not.toBe(0);
  expect(leaks({ stdout: ended.stdout, stderr: ended.stderr })).toEqual([]);
});
