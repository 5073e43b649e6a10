import { expect, it } from "vitest";
import { canaryRunId } from "../handshake/canaries.ts";
import { isMadeRunId, newRunId } from "./run-id.ts";

it("knows its own, and those of canaries", () => {
  const runId = newRunId();
  for (const id of [runId, canaryRunId(runId, 1), canaryRunId(runId, 12)]) expect(isMadeRunId(id), id).toBe(true);
});

it("knows nothing else that a record may have been edited to say", () => {
  for (const id of [
    "paid",
    "",
    "20261121-0147-bench",
    "20261121-014233-9f3a01bc-x",
    "x20261121-014233-9f3a01bc",
    "20261121-014233-9f3a01bc\n",
  ])
    expect(isMadeRunId(id), id).toBe(false);
});
