/** Bodies and secrets as the target sees them. */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Folder, peakproof } from "./cli.ts";
import { runAndRead, talliedIn } from "./read-run.ts";
import { sendJson, startTarget, type Target, type Visit } from "./target.ts";

const bodies = fileURLToPath(new URL("./scenarios/bodies.ts", import.meta.url));

describe("bodies, and a secret from setup", () => {
  const secret = `s-${randomBytes(24).toString("hex")}`;
  const photo = randomBytes(40_000);
  const photoHash = sha256(photo);
  let target: Target;
  beforeAll(async () => {
    target = await startTarget((visit, reply) => {
      if (visit.path === "/session") return sendJson(reply, { secret });
      if (visit.path.startsWith("/refused"))
        return sendJson(reply, { why: `not with ${String(visit.headers["x-session"])}` }, 403);
      return sendJson(reply, {});
    });
  });
  afterAll(() => target[Symbol.asyncDispose]());

  /** What one run sent. */
  async function run(workers: string): Promise<Visit[]> {
    using folder = new Folder();
    const file = join(folder.path, "photo.png");
    writeFileSync(file, photo);
    const from = target.visits.length;
    const flags = `--target ${target.origin} --var file=${file} --seed 5 --workers ${workers}`;
    const { record } = await runAndRead(folder, bodies, flags);
    const visits = target.visits.slice(from);
    const tally = talliedIn(record);
    expect(visits.filter(({ purpose }) => purpose === "load")).toHaveLength(tally.sent);
    expect(tally.errors).toEqual({ "status:403": tally.operations["refused"]!.due });
    expect(record.samples.length).toBeGreaterThan(0);
    for (const name of readdirSync(folder.run))
      expect(readFileSync(join(folder.run, name)).includes(secret), `${name} holds the secret`).toBe(false);
    return visits;
  }

  it("arrive as they were meant, from two workers as from one, and the secret reaches each request and no file", async () => {
    const visits = await run("2");
    const load = visits.filter(({ purpose }) => purpose === "load");
    expect(visits[0]).toMatchObject({ path: "/session", purpose: "prepare" });
    expect(visits.filter(({ path }) => path === "/session")).toHaveLength(1);
    expect(load.every(({ headers }) => headers["x-session"] === secret)).toBe(true);
    const to = (path: string): Visit[] => load.filter((visit) => visit.path === path);
    for (const path of ["/form", "/photo", "/upload", "/report"]) expect(to(path).length, path).toBeGreaterThan(10);
    for (const { body } of to("/photo")) expect(sha256(body)).toBe(photoHash);
    for (const { body } of to("/form")) expect(new URLSearchParams(body.toString()).get("note")).toBe("a & b = c+d");
    for (const { body, user } of to("/report")) expect(JSON.parse(body.toString())).toMatchObject({ citizenId: user });
    for (const { body, headers } of to("/upload")) {
      const form = await new Response(new Uint8Array(body), { headers: { "content-type": headers["content-type"]! } }).formData();
      const file = form.get("photo") as File;
      expect(file.name).toBe('照片 "1".png');
      expect(sha256(new Uint8Array(await file.arrayBuffer()))).toBe(photoHash);
      expect(form.get("name")).toMatch(/\p{Script=Han}/u);
    }
    const bytesOf = ({ path, user, body, headers }: Visit): string =>
      `${path} ${user} ${headers["content-type"] ?? ""} ${sha256(body)}`;
    const alone = (await run("1")).filter(({ purpose }) => purpose === "load");
    expect(load.map(bytesOf).toSorted()).toEqual(alone.map(bytesOf).toSorted());
  });

  it("are not sent at all where setup throws: exit 2, and why", async () => {
    using folder = new Folder();
    const path = folder.file(
      "throws.ts",
      `import { defineScenario } from "peakproof";
       import { citizens } from "peakproof/generators";
       export default defineScenario({
         name: "throws", target: "${target.origin}",
         load: { peak: { ratePerSec: 50 }, multiples: [1], hold: "2s" },
         users: citizens({ pool: 10 }),
         setup: () => { throw new Error("the vault is shut"); },
         operations: { get: { kind: "read", weight: 1, request: () => ({ path: "/" }) } },
       });`,
    );
    const before = target.visits.length;
    const { code, stderr } = await peakproof("run", path, "--out", folder.runs, "--no-calibration");
    expect(stderr).toContain("setup() of");
    expect(stderr).toContain("the vault is shut");
    expect(code).toBe(2);
    expect(target.visits).toHaveLength(before);
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
