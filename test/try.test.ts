/** `peakproof try`: each operation and journey once, shown and removed. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService, type RunningService } from "../service/index.ts";
import { Folder, peakproof, start, until } from "./cli.ts";
import { startTarget } from "./target.ts";

const everyday = fileURLToPath(new URL("./scenarios/everyday.ts", import.meta.url));
const visiting = fileURLToPath(new URL("../scenarios/health-code/journey.ts", import.meta.url));
const booking = fileURLToPath(new URL("./scenarios/booking.ts", import.meta.url));
let service: RunningService;
beforeAll(async () => {
  service = await startService({ port: 0, adminPort: 0 });
});
afterAll(() => service.stop());

const at = (): string[] => ["--target", service.url, "--admin", service.adminUrl];

describe("trying a scenario", () => {
  it("shows one request per operation and its reply, removes what they wrote, and leaves no folder", async () => {
    using folder = new Folder();
    const { code, stdout, stderr } = await peakproof("try", everyday, ...at(), "--out", folder.runs);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    for (const operation of ["citizen (write): ok", "scan (read): ok", "checkin (write): ok", "report (write): ok"]) {
      expect(stdout).toContain(operation);
    }
    expect(stdout).toContain("< HTTP/1.1 201 Created");
    expect(stdout).toContain("> x-synthetic-purpose: probe");
    expect(stdout).toContain("Residue: 0 rows");
    expect(readdirSync(folder.runs)).toEqual([]);
  });

  it("shows a journey request by request with what is carried, and removes what it wrote", async () => {
    using folder = new Folder();
    const flags = `${at().join(" ")} --var pool=10 --seed 2 --peak 80 --multiples 1 --warmup 0s`;
    const { code, stdout } = await peakproof(...`try ${visiting} ${flags} --out ${folder.runs}`.split(" "));
    expect(stdout).toMatch(/journey visit, request 1: scan \(read\): ok/);
    expect(stdout).toMatch(/= carries \{"color":"\w+"/);
    expect(code).toBe(0);
    expect(existsSync(folder.runs) ? readdirSync(folder.runs) : []).toEqual([]);
  });

  it("names the steps of a journey that it skips", async () => {
    using folder = new Folder();
    await using target = await startTarget((_, reply) => void reply.end("{}"));
    const path = folder.file(
      "skipping.ts",
      `import { defineScenario } from "peakproof";
       import { citizens } from "peakproof/generators";
       export default defineScenario({
         name: "skipping",
         target: "${target.origin}",
         load: { peak: { ratePerSec: 10 }, multiples: [1], hold: "1s" },
         users: citizens({ pool: 10 }),
         operations: {
           open: { kind: "read", weight: 0, request: () => ({ path: "/open" }) },
           pay: { kind: "read", weight: 0, request: () => ({ path: "/pay" }) },
         },
         journeys: {
           visit: { weight: 1, steps: [{ operation: "open" }, { operation: "pay", when: () => false }, { operation: "open" }] },
         },
       });`,
    );
    const { code, stdout } = await peakproof("try", path);
    const heads = stdout.split("\n").filter((line) => line.startsWith("journey"));
    expect(heads.map((line) => line.replace(/, \S+ \S+$/, ""))).toEqual([
      "journey visit, request 1: open (read): ok",
      "journey visit, request 2: pay (read): skipped, as its when() says",
      "journey visit, request 3: open (read): ok",
    ]);
    expect(code).toBe(0);
    expect(target.visits).toHaveLength(2);
  });

  it("ends the request under way at Ctrl-C and sends no other", async () => {
    using folder = new Folder();
    // It answers nothing.
    await using target = await startTarget(() => undefined);
    const { child, ended } = start(["try", booking, "--target", target.origin, "--out", folder.runs]);
    await until(() => target.visits.length > 0);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(target.visits).toHaveLength(1);
  });
});
