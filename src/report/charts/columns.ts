/** Long series made as narrow as the paper: one smallest and one largest value per pixel column, so that no spike is lost. */

export interface Point {
  readonly x: number;
  /** Null: nothing was measured here; the line is interrupted. */
  readonly y: number | null;
}

/**
 * At most two points per column (its smallest and its largest value, in the order in which they came), and one with null for a
 * column in which nothing was measured. `points` are ordered by x; returned as they are where they fit already.
 */
export function thinned(points: readonly Point[], columns: number): readonly Point[] {
  const first = points[0]?.x ?? 0;
  const span = (points.at(-1)?.x ?? 0) - first;
  if (points.length <= 2 * columns || span <= 0) return points;
  const byColumn = Map.groupBy(points, ({ x }) => Math.min(columns - 1, Math.floor(((x - first) / span) * columns)));
  return [...byColumn.values()].flatMap(extremes);
}

function extremes(column: readonly Point[]): readonly Point[] {
  let lowest: Point | undefined;
  let highest: Point | undefined;
  for (const point of column) {
    if (point.y === null) continue;
    if (lowest?.y == null || point.y < lowest.y) lowest = point;
    if (highest?.y == null || point.y > highest.y) highest = point;
  }
  if (lowest === undefined || highest === undefined) return column.slice(0, 1).map(({ x }) => ({ x, y: null }));
  if (lowest === highest) return [lowest];
  return lowest.x < highest.x ? [lowest, highest] : [highest, lowest];
}
