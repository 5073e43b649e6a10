import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { userFaults } from "../src/scenario/request.ts";
import { Fault } from "../src/model/fault.ts";
import { citizens, type Citizen } from "./index.ts";

const source = citizens({ pool: 1_000_000 });
const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const indexes = fc.integer({ min: 0, max: 99_999_999 });
const at = (index: number) => ({ index, dueMs: 1.5, random: 0.25 });

const everything = (user: Citizen) => ({
  id: user.id,
  name: user.name,
  idNumber: user.idNumber,
  birthDate: user.birthDate,
  phone: user.phone,
  report: user.report(at(5)),
  checkin: user.checkin(at(5)),
});

it("is who they were: a change here changes every stored run's people", () => {
  expect(everything(source.user(1, 42))).toMatchInlineSnapshot(`
    {
      "birthDate": "1992-12-31",
      "checkin": {
        "citizenId": "c1-00000042",
        "venueId": "v-4940",
      },
      "id": "c1-00000042",
      "idNumber": "00000019921231453X",
      "name": "柴鹏",
      "phone": "10068419030",
      "report": {
        "citizenId": "c1-00000042",
        "contact": false,
        "symptoms": [],
        "temperature": 37.3,
        "travel": [],
      },
    }
  `);
});

it("makes the same people in any order, from any source", () => {
  fc.assert(
    fc.property(seeds, fc.array(indexes, { maxLength: 20 }), (seed, order) => {
      const there = order.map((index) => everything(source.user(seed, index)));
      const back = order.toReversed().map((index) => everything(citizens({ pool: 5 }).user(seed, index)));
      expect(back.toReversed()).toEqual(there);
    }),
  );
});

it("gives no two people the same id, whatever their seeds", () => {
  fc.assert(
    fc.property(seeds, indexes, seeds, indexes, (seedA, indexA, seedB, indexB) => {
      const isSame = seedA === seedB && indexA === indexB;
      expect(source.user(seedA, indexA).id === source.user(seedB, indexB).id).toBe(isSame);
    }),
  );
});

it("makes ids that are safe in a path, a header and baggage", () => {
  fc.assert(
    fc.property(seeds, indexes, (seed, index) => {
      const user = source.user(seed, index);
      expect(user.id).toMatch(/^c\d{1,10}-\d{8}$/);
      expect(userFaults(user)).toEqual([]);
    }),
  );
});

it("names people in Chinese characters", () => {
  for (let index = 0; index < 500; index++) expect(source.user(1, index).name).toMatch(/^\p{Script=Han}{2,5}$/u);
});

it("makes a different population of another seed", () => {
  const names = (seed: number) => Array.from({ length: 50 }, (_, index) => source.user(seed, index).name);
  expect(names(1)).not.toEqual(names(2));
});

describe("phones", () => {
  it("have 11 digits, begin with the prefix, and differ", () => {
    const people = citizens({ pool: 10_000, phonePrefix: "1999999" });
    const phones = Array.from({ length: 10_000 }, (_, index) => people.user(3, index).phone);
    for (const phone of phones) expect(phone).toMatch(/^1999999\d{4}$/);
    expect(new Set(phones).size).toBe(10_000);
  });

  it.each(["", "1x", "+86", "12345678901", "1234567"])("refuse the prefix %j for 10,001 people", (phonePrefix) => {
    expect(() => citizens({ pool: 10_001, phonePrefix })).toThrow(Fault);
  });
});

describe("declarations", () => {
  const reports = Array.from({ length: 20_000 }, (_, index) => source.user(1, index % 100).report(at(index)));

  it("differ from request to request, and are short for most", () => {
    const withSymptoms = reports.filter((report) => report.symptoms.length > 0).length / reports.length;
    expect(withSymptoms).toBeGreaterThan(0.05);
    expect(withSymptoms).toBeLessThan(0.1);
    expect(new Set(reports.map((report) => JSON.stringify(report))).size).toBeGreaterThan(1_000);
  });

  it("measure temperatures that people have", () => {
    for (const { temperature } of reports) {
      expect(temperature).toBeGreaterThanOrEqual(36);
      expect(temperature).toBeLessThan(39);
      expect(Math.round(temperature * 10) / 10).toBe(temperature);
    }
  });

  it("depend on the user and the request's number alone", () => {
    const late = { index: 9, dueMs: 99, random: 0.9 };
    expect(source.user(1, 2).report(late)).toEqual(source.user(1, 2).report(at(9)));
    expect(source.user(1, 2).report(late)).not.toEqual(source.user(1, 3).report(late));
  });

  it("can be made for requests outside the schedule, whose numbers are negative", () => {
    expect(source.user(1, 2).report(at(-1)).citizenId).toBe("c1-00000002");
  });
});

it("checks in at popular venues more often", () => {
  const visits = Array.from({ length: 20_000 }, (_, index) => source.user(1, index).checkin(at(index)).venueId);
  const share = (id: string) => visits.filter((visited) => visited === id).length / visits.length;
  expect(share("v-0000")).toBeGreaterThan(0.05);
  expect(share("v-0000")).toBeGreaterThan(share("v-0010") * 3);
});
