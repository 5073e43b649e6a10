import { expect, it } from "vitest";
import { citizens } from "../../generators/index.ts";
import { shapeFaults } from "../../src/scenario/request.ts";
import { addresses, checkin, citizen, cleanup, readReport, report, scan } from "./operations.ts";

const source = citizens({ pool: 10_000 });
const at = { index: 42, dueMs: 10, random: 0.5, setup: undefined, carried: {} };

it.each(Object.entries({ scan, report, checkin, citizen }))("makes requests of %s that can be sent", (_name, operation) => {
  for (let index = 0; index < 200; index++) {
    expect(shapeFaults(operation.request(source.user(1, index), { ...at, index }))).toEqual([]);
  }
});

it("signs a scan as its citizen", () => {
  const { path, headers } = scan.request(source.user(1, 42), at);
  expect(path).toBe("/codes/c1-00000042");
  expect(headers?.["authorization"]).toMatch(/^Bearer [0-9a-f]{64}$/);
});

it("gives a repeated declaration the key and the bytes it had", () => {
  const once = report.request(source.user(1, 42), at);
  expect(once.headers).toEqual({ "idempotency-key": "c1-00000042-42" });
  expect(report.request(source.user(1, 42), at)).toEqual(once);
});

it("finds the id that undo needs", () => {
  const reply = { status: 201, headers: {}, body: '{"id":"r-1"}', json: { id: "r-1" } };
  expect(report.undo?.(report.created?.(reply) ?? "")).toEqual({ method: "DELETE", path: "/reports/r-1" });
});

it("reads back the declaration whose id was carried there", () => {
  expect(readReport.request(source.user(1, 42), { ...at, carried: { reportId: "r-1" } })).toEqual({ path: "/reports/r-1" });
});

it("registers what the service stores of a citizen, and nothing else", () => {
  expect(Object.keys(citizen.request(source.user(1, 42), at).json as object)).toEqual(["id", "name", "idNumber", "phone"]);
});

it("stays on this machine unless told otherwise", () => {
  for (const address of Object.values(addresses)) expect(new URL(address).hostname).toBe("127.0.0.1");
  expect(cleanup.http.path).toContain("{run}");
});
