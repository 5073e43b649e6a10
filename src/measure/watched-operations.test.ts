import { expect, it } from "vitest";
import { Buckets } from "./buckets.ts";
import { WatchedOperations } from "./watched-operations.ts";

it("counts the operations that are watched, second by second", () => {
  const watched = new WatchedOperations([2]);
  watched.ended(0, "failed", 1_000);
  watched.ended(2, "ok", 1_000);
  watched.ended(2, "rejected", 3_000);
  watched.ended(2, "failed", undefined);
  const [report, ...others] = watched.take();
  expect(others).toEqual([]);
  expect(report).toMatchObject({ operation: 2, ended: 3, errors: 2 });
  const response = new Buckets();
  if (report !== undefined) response.merge(report.response);
  expect([response.count, response.countAtOrBelow(2_000)]).toEqual([2, 1]);
  expect(watched.take()).toMatchObject([{ operation: 2, ended: 0, errors: 0 }]);
});
