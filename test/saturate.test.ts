/** `peakproof saturate` against services whose one limit is known. */
import { beforeAll, describe, expect, it } from "vitest";
import { closedLoop } from "../src/load/closed-loop.ts";
import type { SaturationFile } from "../src/model/saturation.ts";
import { start, until } from "./cli.ts";
import { counted, document, folder, scenario, serve } from "./saturate-cli.ts";

/** What limits each system, and how much it does per second at most. */
const systems = {
  pool: ["pool", 80],
  lock: ["serial-resource", 50],
  free: ["no-limit-found", 640],
  loop: ["one-loop", 200],
  quota: ["rate-quota", 100],
} as const;

interface Looked {
  readonly system: keyof typeof systems;
  readonly target: string;
  readonly file: SaturationFile;
}

async function look(system: keyof typeof systems): Promise<Looked> {
  const target = await serve(system);
  return { system, target, file: await document(target) };
}

describe("a closed loop, from the client alone", () => {
  let looked: readonly Looked[] = [];
  beforeAll(async () => {
    // Those that only wait share the processors; the others need them.
    const waiting = await Promise.all([look("pool"), look("lock"), look("free")]);
    looked = [...waiting, await look("loop"), await look("quota")];
  });

  it("never says the wrong thing of what limits a system: where a busy machine hides it, that is said", () => {
    for (const { system, file } of looked) {
      const { reading, sentence } = file.saturation;
      expect([systems[system][0], "not-enough-evidence", "generator-limited"], `${system}: ${sentence}`).toContain(reading);
    }
  });

  it("tells what limits most of them", () => {
    const told = looked.filter(({ system, file }) => file.saturation.reading === systems[system][0]);
    expect(told.length, looked.map(({ file }) => file.saturation.sentence).join("\n")).toBeGreaterThanOrEqual(3);
  });

  it("never finds more than there is, and has sent what came", async () => {
    for (const { system, target, file } of looked) {
      expect(file.saturation.ceilingPerSec?.value, system).toBeLessThan(systems[system][1] * 1.1);
      expect(await counted(target), system).toBe(file.totals.sent);
      expect(file.totals.abandoned, system).toBe(0);
    }
  });

  it("agrees with our own closed loop on how much is answered", async () => {
    const [pool] = looked;
    const request = (): string => "GET /items/1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const { okPerSec } = await closedLoop({ target: pool!.target, request, connections: 16, durationUs: 1_000_000 });
    const theirs = pool!.file.saturation.ceilingPerSec?.value ?? 0;
    expect(theirs / okPerSec).toBeGreaterThan(0.75);
    expect(theirs / okPerSec).toBeLessThan(1.33);
  });
});

it("stops at once on Ctrl-C and prints what there is", async () => {
  const target = await serve("free");
  const { child, ended } = start(["saturate", scenario, "--target", target, "--out", folder.runs, "--json", "--hold", "300ms"]);
  let stderr = "";
  child.stderr?.on("data", (text: string) => (stderr += text));
  await until(() => stderr.includes("N=2"));
  const beforeMs = performance.now();
  child.kill("SIGINT");
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(performance.now() - beforeMs).toBeLessThan(3_000);
  const file = JSON.parse(stdout) as SaturationFile;
  expect(file.interrupted).toBe(true);
  expect(file.steps.length).toBeGreaterThanOrEqual(2);
});
