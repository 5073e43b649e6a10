import { expect, it } from "vitest";
import { recordOf } from "../../../test/record-builder.ts";
import type { Handshake } from "../../model/run.ts";
import { handshakeSection } from "./handshake.ts";

const { run } = recordOf({ holdSec: 1, warmupSec: 0 });

function shown(handshake: Handshake): string {
  const hops = { "lab<1>": { kind: "http", operations: ["report"] } } as const;
  const plan = { ...run.plan, handshake: { hops, withinUs: 5_000_000 } };
  return String(handshakeSection({ ...run, plan, handshake }));
}

it("shows where each canary was seen, by what and when, and that it is gone", () => {
  const text = shown({ runId: "run-c", hops: [{ operation: "report", hop: "lab<1>", afterUs: 31_000 }], removed: true });
  expect(text).toContain("run-c1");
  expect(text).toContain("lab&lt;1&gt;");
  expect(text).toContain("http");
  expect(text).toContain("31 ms");
  expect(text).toContain("Removed:");
  expect(text).not.toContain("Not removed");
});

it("says so where it is not known to be gone", () => {
  expect(shown({ runId: "run-c", hops: [], removed: false })).toContain("Not removed");
});

it("says why there was no load", () => {
  const reason = 'the tag of "report" did not reach hop "store"';
  const steps = run.steps.map((step) => ({ ...step, startUs: null }));
  const ended = { atUs: 0, how: "aborted", reason, fault: "safety" } as const;
  const text = String(handshakeSection({ ...run, steps, ended, handshake: { runId: "run-c", hops: [], removed: true } }));
  expect(text).toContain("did not reach hop");
  expect(text).not.toContain("<table>");
});

it("is left out where nothing was proven", () => {
  expect(handshakeSection(run)).toBeNull();
});
