import { Fault, messageOf } from "../src/model/fault.ts";
import { Feeder, feederRowsMax, tooManyRows, type FeederOptions } from "./feeder.ts";
import { fileText } from "./file.ts";

/** A row of an NDJSON file. */
export type JsonRow = Readonly<Record<string, unknown>>;

/**
 * Rows of an NDJSON file, an object a line, read once in each thread:
 * `ndjsonFeeder<{ id: string; tags: string[] }>(new URL("./people.ndjson", import.meta.url))`. Throws a usage Fault naming file and
 * line for what is no JSON object, for more than 1,000,000 rows or 256 MiB.
 */
export function ndjsonFeeder<Row extends object = JsonRow>(url: URL, options: FeederOptions = {}): Feeder<Row> {
  const { path, text } = fileText(url);
  const rows: JsonRow[] = [];
  const lines: number[] = [];
  let line = 1;
  for (let start = 0; start < text.length; line++) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const content = text.slice(start, end).trim();
    start = end + 1;
    if (content === "") continue;
    rows.push(parseRow(content, `${path}:${line}`));
    if (lines.push(line) > feederRowsMax) throw tooManyRows(path);
  }
  return new Feeder<Row>({ path, rows: rows as unknown as Row[], lines }, options);
}

function parseRow(content: string, where: string): JsonRow {
  let row: unknown;
  try {
    row = JSON.parse(content);
  } catch (thrown) {
    throw new Fault(
      "usage",
      `${where} is no JSON: ${messageOf(thrown)}`,
      { expected: "a JSON object on each line" },
      { cause: thrown },
    );
  }
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return row as JsonRow;
  throw new Fault("usage", `${where} is no JSON object`, {
    received: content.slice(0, 60),
    expected: "a JSON object on each line",
  });
}
