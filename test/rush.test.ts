/** Stages and journeys over TLS, to a name that only `--resolve` knows, cleaned up over TLS as well. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { createServer, type Server } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService, type RunningService } from "../service/index.ts";
import type { RunFile } from "../src/model/run.ts";
import type { Summary } from "../src/model/summary.ts";
import { Folder, peakproof, summaryOf, type Ended } from "./cli.ts";
import { certificate } from "./tls-server.ts";

const scenario = fileURLToPath(new URL("./scenarios/rush.ts", import.meta.url));
let service: RunningService;
let fronts: Server[] = [];

/** What ends TLS before a port of the service, as a gateway does. */
async function front(url: string): Promise<Server> {
  const server = createServer(
    { cert: readFileSync(certificate("server")), key: readFileSync(certificate("server-key")) },
    (outer) => {
      const inner = connect(Number(new URL(url).port), "127.0.0.1");
      outer.on("error", () => inner.destroy()).pipe(inner);
      inner.on("error", () => outer.destroy()).pipe(outer);
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const portOf = (server: Server | undefined): number => (server!.address() as AddressInfo).port;

beforeAll(async () => {
  service = await startService({ port: 0, adminPort: 0 });
  fronts = await Promise.all([service.url, service.adminUrl].map(front));
});
afterAll(async () => {
  for (const server of fronts) server.close();
  await service.stop();
});

/** The run against a name that nobody knows but, for `peakproof.test`, its certificate. */
async function rush(host: string, ...flags: readonly string[]): Promise<{ ended: Ended; folder: Folder }> {
  const folder = new Folder();
  const name = `${host}:${portOf(fronts[0])}`;
  const where = [
    "--target",
    `https://${name}`,
    "--resolve",
    `${name}:127.0.0.1`,
    "--admin",
    `https://localhost:${portOf(fronts[1])}`,
  ];
  return {
    folder,
    ended: await peakproof("run", scenario, ...where, "--out", folder.runs, "--json", "--no-calibration", ...flags),
  };
}

describe("a rush of visits over TLS", () => {
  let run: RunFile;
  let summary: Summary;
  beforeAll(async () => {
    const { ended, folder } = await rush("peakproof.test");
    using _ = folder;
    summary = summaryOf(ended);
    run = folder.runFile;
  });

  it("goes through its stages without a pause, and judges the holds", () => {
    expect(run.steps.map(({ role, multiple }) => `${role} ${multiple}x`)).toEqual(["step 1x", "ramp 3x", "step 3x", "ramp 0x"]);
    for (const { tally } of run.steps) expect(tally?.due).toBeGreaterThan(0);
    const ends = run.steps.map(({ endUs }) => endUs);
    expect(run.steps.slice(1).map(({ startUs }) => startUs)).toEqual(ends.slice(0, -1));
    expect(summary.steps.map(({ multiple }) => multiple)).toEqual([1, 3]);
  });

  it("carries the id of each report to the request that reads it, and accounts for every journey", () => {
    for (const { tally } of run.steps) {
      const { started, completed, broken, cut } = tally!.journeys!["declare"]!;
      expect(started).toBe(completed + broken + cut);
      const read = tally!.operations["readReport"]!;
      expect(read.ok).toBe(read.due);
      expect(read.due).toBe(completed);
    }
  });

  it("proves over TLS, too, that nothing is left", () => {
    expect(summary.cleanup).toMatchObject({ residue: 0, untagged: "unchanged", verified: true, unknown: 0 });
    expect(summary.totals.load!.ok).toBe(summary.totals.load!.sent);
  });
});

describe("a target whose certificate is made out for another name", () => {
  const briefly = ["--multiples", "1", "--hold", "1s", "--warmup", "0s"];

  it("gets no request", async () => {
    const { ended, folder } = await rush("other.test", ...briefly);
    using _ = folder;
    expect(ended.code).toBe(5);
    expect(ended.stderr + ended.stdout).toContain("tls:ERR_TLS_CERT_ALTNAME_INVALID");
    expect(folder.runFile.totals.load).toBeUndefined();
  });

  it("is taken as it is with --insecure, which the plan says and the record keeps", async () => {
    const { ended, folder } = await rush("other.test", "--insecure", ...briefly);
    using _ = folder;
    expect(summaryOf(ended).steps[0]).toMatchObject({ role: "step", multiple: 1, errors: {} });
    expect(folder.runFile.plan.connections.tls).toMatchObject({ verify: false, ca: null });
    const { ended: planned, folder: unused } = await rush("other.test", "--insecure", "--plan");
    using __ = unused;
    expect(planned.stdout).toContain("INSECURE: certificates are not verified");
  });
});
