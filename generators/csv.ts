import { CsvError, parse } from "csv-parse/sync";
import { Fault } from "../src/model/fault.ts";
import { Feeder, feederRowsMax, tooManyRows, type FeederOptions } from "./feeder.ts";
import { fileText } from "./file.ts";

/** A row of a CSV file: texts by column. */
export type CsvRow = Readonly<Record<string, string>>;

/**
 * Rows of a CSV file (RFC 4180: commas, quotes, a header row), read once in each thread:
 * `csvFeeder<{ id: string; city: string }>(new URL("./people.csv", import.meta.url))`. Throws a usage Fault naming file and line for
 * what is no CSV, for a header with an empty or repeated name, for more than 1,000,000 rows or 256 MiB.
 */
export function csvFeeder<Row extends object = CsvRow>(url: URL, options: FeederOptions = {}): Feeder<Row> {
  const { path, text } = fileText(url);
  const lines: number[] = [];
  const rows = parseRows(text, path, lines) as Row[];
  return new Feeder<Row>({ path, rows, lines }, options);
}

function parseRows(text: string, path: string, lines: number[]): CsvRow[] {
  try {
    return parse<CsvRow, CsvRow>(text, {
      columns: (header: string[]) => checkedHeader(header, path),
      skip_empty_lines: true,
      on_record: (row, context) => {
        if (lines.push(context.lines) > feederRowsMax) throw tooManyRows(path);
        return row;
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    const line = "lines" in thrown ? `:${String(thrown["lines"])}` : "";
    throw new Fault(
      "usage",
      `${path}${line} is no CSV: ${thrown.message}`,
      {
        expected:
          "as many fields as the header has, separated by commas; quotes around a field that has a comma or a quote in it",
        fix: '"Smith, ""Jo""" for Smith, "Jo"',
      },
      { cause: thrown },
    );
  }
}

function checkedHeader(header: readonly string[], path: string): string[] {
  const bad = header.find((name, at) => name.trim() === "" || name === "__proto__" || header.indexOf(name) !== at);
  if (bad === undefined) return [...header];
  throw new Fault("usage", `${path}:1: the header row does not name each column`, {
    received: JSON.stringify(header),
    expected: "a header row with names that differ",
    fix: "a first line such as id,name,city",
  });
}
