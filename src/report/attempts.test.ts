import { expect, it } from "vitest";
import { attemptsPerRequest, unansweredOf, unsentOf } from "./attempts.ts";

it("counts each attempt against the requests that were due", () => {
  expect(attemptsPerRequest({ due: 100, retried: { "status:503": 30, "timeout:reading": 20 } })).toBe(1.5);
  expect(attemptsPerRequest({ due: 100 })).toBe(1);
  expect(attemptsPerRequest({ due: 0 })).toBeNull();
});

it("calls loss what was due and not sent, and unanswered what was sent and not answered", () => {
  expect(unsentOf({ due: 100, sent: 60 })).toBe(40);
  expect(unansweredOf({ sent: 60, done: 55 })).toBe(5);
});
