import { expect, it } from "vitest";
import { ApiError } from "./reply.ts";
import { Fields } from "./validation.ts";

function faultsOf(body: Record<string, unknown>, read: (fields: Fields) => void): readonly string[] {
  const fields = new Fields(body);
  read(fields);
  try {
    fields.done();
  } catch (error) {
    if (error instanceof ApiError) return (error.extras.details ?? []).map((fault) => fault.field);
    throw error;
  }
  return [];
}

it("lists every fault of a body at once", () => {
  const faults = faultsOf({ id: "a b", temperature: "hot", symptoms: ["cough", 7], at: "soon" }, (fields) => {
    fields.id("id");
    fields.text("name", { longest: 5 });
    fields.optionalNumber("temperature", 30, 45);
    fields.optionalTexts("symptoms", 3, 10);
    fields.optionalInstantMs("at");
  });
  expect(faults).toEqual(["id", "name", "temperature", "symptoms", "at"]);
});

it("takes what is right, leaves out what is optional, and hands over the rest", () => {
  const fields = new Fields({ id: "c-1", at: "2020-02-11T08:00:00Z", travelled: false });
  expect([fields.id("id"), fields.optionalInstantMs("at"), fields.optionalNumber("temperature", 30, 45)]).toEqual([
    "c-1",
    Date.UTC(2020, 1, 11, 8),
    undefined,
  ]);
  expect([fields.optionalTexts("symptoms", 3, 10), fields.rest()]).toEqual([[], { travelled: false }]);
  expect(() => fields.done()).not.toThrow();
});

it.each([{ at: -1 }, { at: Number.NaN }, { at: 1e99 }, { at: [] }, { at: "2020-99-99" }])("refuses the instant %j", (body) => {
  expect(faultsOf(body, (fields) => fields.optionalInstantMs("at"))).toEqual(["at"]);
});
