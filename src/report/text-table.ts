/** Tables for terminals: columns as wide as their widest cell, numbers flush right. */
import { fitted, padded, widthOf } from "./text-width.ts";

export interface TextColumn {
  readonly head: string;
  readonly align: "left" | "right";
}

/**
 * Lines of at most `width` cells. Where the columns need more, the last ones are left out: the first say most. Cells come
 * clean and without colours; `paint` colours a whole line afterwards, row -1 being the head.
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  width: number,
  paint: (line: string, row: number) => string,
): string[] {
  const widths = columns.map(({ head }, at) => Math.max(widthOf(head), ...rows.map((row) => widthOf(row[at] ?? ""))));
  const shown = columnsThatFit(widths, width);
  const line = (cells: readonly string[]): string => {
    const set = cells
      .slice(0, shown)
      .map((cell, at) => padded(cell, widths[at] ?? 0, columns[at]?.align === "right" ? "left" : "right"));
    return fitted(set.join("  ").trimEnd(), width);
  };
  const head = columns.map((column) => column.head);
  return [head, ...rows].map((cells, at) => paint(line(cells), at - 1));
}

function columnsThatFit(widths: readonly number[], width: number): number {
  let used = -2;
  for (const [at, own] of widths.entries()) {
    used += own + 2;
    if (used > width) return Math.max(1, at);
  }
  return widths.length;
}
