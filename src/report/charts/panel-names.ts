/** The names of a panel's lines: beside their ends where there is room, else as a key above. */
import { html, type Html } from "../html.ts";
import { known, meanOf, type Values } from "../seconds.ts";
import { fill, type Role } from "../theme.ts";
import { type Area, type Layout, spread } from "./layout.ts";
import { group, text } from "./shapes.ts";
import type { Panel } from "./time-chart.ts";

/** About how wide a letter is, pixels: for deciding what fits. */
export const letterWidth = 6.6;
/** Height of a line of the key. */
export const keyLineHeight = 14;

/** Letters that fit beside a panel. */
const besideLetters = 21;

const clipped = (name: string): string => (name.length > besideLetters ? `${name.slice(0, besideLetters - 1)}…` : name);

/** Share of a line's end that decides the height of its name: one last value may be an outlier. */
const lastShare = 0.15;

/** Names at the right edge, each at the height at which its line ends. */
export function namesBeside(panel: Panel, y: (value: number) => number, area: Area): Html {
  const drawn = [
    ...panel.lines.map(({ name, role, values }) => ({ name, role, at: lastMean(values) })),
    ...panel.limits.map(({ name, value }) => ({ name, role: "ink" as Role, at: value })),
  ].filter((label): label is { name: string; role: Role; at: number } => label.at !== null);
  const places = spread(
    drawn.map(({ at }) => y(at) + 4),
    15,
    area.top + 6,
    area.bottom + 4,
  );
  const labels = drawn.map(({ name, role }, at) =>
    text({ x: area.right + 10, y: places[at] ?? 0, role: nameRole(role) }, clipped(name)),
  );
  const failed = text({ x: area.right + 10, y: area.top - 8, role: "failed" }, "× failed");
  return group([labels, panel.failedAt.length > 0 ? failed : null]);
}

/** A line may be pale, its name may not. */
const nameRole = (role: Role): Role => (role === "rule" ? "muted" : role);

function lastMean(values: Values): number | null {
  const numbers = known(values);
  return meanOf(numbers.slice(-Math.max(1, Math.round(numbers.length * lastShare))));
}

export interface KeyEntry {
  readonly name: string;
  readonly role: Role;
}

/** The names of a panel's lines, broken into lines of text as wide as the drawing; none where they stand beside it. */
export function keyLines(panel: Panel, layout: Layout): KeyEntry[][] {
  if (layout.namesBeside) return [];
  const entries = [
    ...panel.lines.filter(({ values }) => known(values).length > 0).map(({ name, role }) => ({ name, role })),
    ...panel.limits.map(({ name }) => ({ name: `- - ${name}`, role: "ink" as Role })),
    ...(panel.failedAt.length > 0 ? [{ name: "× failed", role: "failed" as Role }] : []),
  ];
  const lines: KeyEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const width = (entry.name.length + 2) * letterWidth;
    if (width > room) {
      lines.push([]);
      room = layout.right - layout.titleLeft;
    }
    lines.at(-1)?.push(entry);
    room -= width;
  }
  return lines;
}

/** On a narrow drawing the names stand under the title, each in the colour of its line. */
export function namesAbove(lines: readonly (readonly KeyEntry[])[], area: Area, layout: Layout): Html {
  return group(
    lines.map((line, at) => {
      const spans = line.map(
        ({ name, role }, place) => html`<tspan ${fill(nameRole(role))} dx="${place > 0 ? 10 : 0}">${name}</tspan>`,
      );
      return text({ x: layout.titleLeft, y: area.top - 9 - keyLineHeight * (lines.length - 1 - at), size: 11 }, spans);
    }),
  );
}
