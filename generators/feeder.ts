import { Fault } from "../src/model/fault.ts";
import type { Popularity } from "../src/model/popularity.ts";
import { seedOf, unit } from "../src/model/random.ts";
import type { At, SyntheticUser, UserSource } from "../src/model/scenario.ts";
import { draws } from "./draw.ts";

/** Most rows of a file: they are objects in the memory of each load thread, some 300 bytes apiece. A guess. */
export const feederRowsMax = 1_000_000;

export interface FeederOptions {
  /** `in-order` (default): row after row by the request's number, from the first again after the last. `random`: any, by its draw. */
  readonly pick?: "in-order" | "random";
}

/** Rows of a file and where each of them stood. */
export interface FeederRows<Row extends object> {
  /** Of the file, for messages. */
  readonly path: string;
  readonly rows: readonly Row[];
  /** Line on which each row ends, from 1. */
  readonly lines: readonly number[];
}

/**
 * Rows of a file, handed to requests or made into users. Which row a request gets depends on its `at` alone, so that any worker gives
 * it the same one. The rows are shared: they are not to be changed.
 */
export class Feeder<Row extends object> {
  readonly rows: readonly Row[];
  readonly #file: FeederRows<Row>;
  readonly #isRandom: boolean;
  readonly #seed: number;

  constructor(file: FeederRows<Row>, { pick = "in-order" }: FeederOptions) {
    if (file.rows.length === 0) throw new Fault("usage", `${file.path} has no rows`, { expected: "at least one row" });
    this.rows = file.rows;
    this.#file = file;
    this.#isRandom = pick === "random";
    this.#seed = seedOf(file.path.replace(/^.*[\\/]/, ""));
  }

  /**
   * The row of a request. `in-order` gives all requests of a journey the same one, and the n-th prepared user the n-th; `random` gives
   * each request its own, and different files different ones.
   */
  row(at: Pick<At, "index" | "random">): Row {
    const count = this.rows.length;
    const number = this.#isRandom
      ? Math.floor(unit(this.#seed, draws.feeder, Math.floor(at.random * 0x1_0000_0000)) * count)
      : arrivalOf(at.index) % count;
    return this.rows[number] as Row;
  }

  /**
   * The rows as users, by the column that holds their ids. Throws a usage Fault naming file and line for an id that is missing, cannot
   * stand in a header, or was there before.
   */
  users(idColumn: keyof Row & string, popularity: Popularity = "uniform"): UserSource<Omit<Row, "id"> & SyntheticUser> {
    const people = this.#people(idColumn);
    const user = (_seed: number, index: number): Omit<Row, "id"> & SyntheticUser =>
      people[index] as Omit<Row, "id"> & SyntheticUser;
    return { name: this.#file.path.replace(/^.*[\\/]/, ""), pool: people.length, popularity, user };
  }

  #people(idColumn: keyof Row & string): (Omit<Row, "id"> & SyntheticUser)[] {
    const seen = new Set<string>();
    return this.rows.map((row, number) => {
      const raw: unknown = row[idColumn];
      const id = typeof raw === "number" ? String(raw) : raw;
      if (typeof id !== "string" || !userId.test(id) || seen.has(id)) throw this.#badId(idColumn, raw, number, seen);
      seen.add(id);
      return { ...row, id };
    });
  }

  #badId(column: string, raw: unknown, number: number, seen: ReadonlySet<string>): Fault {
    const isRepeated = seen.has(String(raw));
    return new Fault(
      "usage",
      `${this.#file.path}:${this.#file.lines[number] ?? "?"}: no id for a user in the column "${column}"`,
      {
        received:
          raw === undefined
            ? `no such column; there are ${Object.keys(this.rows[number] ?? {}).join(", ")}`
            : JSON.stringify(raw),
        expected: isRepeated
          ? "an id that no earlier row has"
          : "1 to 128 characters of printable ASCII without blanks, commas, semicolons, quotes or backslashes",
        fix: isRepeated ? "row(at) instead of users(...), where rows are no people" : "another column, or other ids",
      },
    );
  }
}

/** What may stand in a header and in W3C Baggage as it is: the same that a scenario's own users are held to. */
const userId = /^[!#-+\--:<-[\]-~]{1,128}$/;

/** Later requests of a journey have the arrival's number in their low word, and prepared users count down from -1. */
function arrivalOf(index: number): number {
  return index < 0 ? -1 - index : index % 0x1_0000_0000;
}

/** A file with more rows than a thread should hold. */
export function tooManyRows(path: string): Fault {
  return new Fault("usage", `${path} has too many rows`, {
    expected: `at most ${feederRowsMax} rows`,
    fix: `head -n ${feederRowsMax} ${path}, or a file with what the scenario uses`,
  });
}
