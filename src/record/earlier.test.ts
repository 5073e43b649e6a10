import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { runOf010 } from "../../test/record-earlier.ts";
import { plainNetwork } from "../model/plan.ts";
import { asOfToday } from "./earlier.ts";
import { recordFiles } from "./files.ts";
import { readRecord } from "./reader.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-earlier-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("a record of version 0.1.0", () => {
  it("is read as this version would have written it", async () => {
    writeFileSync(join(dir, recordFiles.run), JSON.stringify(runOf010));
    const { plan, steps, calibration } = (await readRecord(dir)).run;
    expect(plan.targets).toEqual(["http://127.0.0.1:8460"]);
    expect(plan.journeys).toEqual([]);
    expect(plan.connections).toEqual({ ...plainNetwork, policy: "keep-alive", max: 2_000, deadlineUs: 10_000_000 });
    expect(steps).toEqual(runOf010.steps);
    expect(calibration).toBeUndefined();
  });

  it("swept one store, over HTTP", () => {
    const http = { path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN" };
    const { plan } = asOfToday({ ...runOf010, plan: { ...runOf010.plan, cleanup: { http } } });
    expect(plan.cleanup).toEqual({ stores: [{ kind: "http", ...http }] });
    const none = { none: "rows expire" };
    expect(asOfToday({ ...runOf010, plan: { ...runOf010.plan, cleanup: none } }).plan.cleanup).toEqual(none);
  });

  it("keeps what a later version wrote", () => {
    const { run } = recordOf({ https: true });
    const tls = { ...plainNetwork.tls, verify: false };
    const later = { ...run, plan: { ...run.plan, connections: { ...run.plan.connections, protocol: "h2" as const, tls } } };
    expect(asOfToday(later)).toEqual(later);
  });
});
