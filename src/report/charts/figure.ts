/** A chart with all that belongs to it: title, one sentence on how to read it, both drawings, and its numbers as a table. */
import { html, type Html, type Part } from "../html.ts";
import { type Drawing, type Layout, layouts } from "./layout.ts";

export interface Figure {
  /** Unique in the page; a word. */
  readonly id: string;
  readonly title: string;
  /** Below the title: what is shown, in which unit. */
  readonly note: string;
  /** The picture in words, for those who do not see it. */
  readonly description: string;
  readonly draw: (layout: Layout) => Drawing;
  readonly table: Table;
  /** Whether the table stands open. */
  readonly open?: boolean;
  /** Attributes of each drawing, for the script. */
  readonly attributes?: (layout: Layout) => Html;
}

interface Column {
  readonly head: string;
  /** Numbers are set flush right; `word` may be broken anywhere; the first column is the row's heading. */
  readonly kind: "heading" | "number" | "text" | "word";
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Part[])[];
  /** One plain sentence above the table, where its rows are not what one would expect. */
  readonly note?: string;
  /** Attribute of the n-th row, for the script. */
  readonly rowAttribute?: (row: number) => Html;
}

/** The chart as a figure. `role=img` is on the drawings, not on the figure, whose table must stay readable. */
export function figure(spec: Figure): Html {
  const drawings = layouts.map((layout) => drawing(spec, layout));
  return html`<figure id="${spec.id}">
    <figcaption><b>${spec.title}</b> ${spec.note}</figcaption>
    ${drawings}
    <details ${spec.open === true ? html`open` : null}>
      <summary>The numbers of this chart</summary>
      ${spec.table.note === undefined ? null : html`<p class="note">${spec.table.note}</p>`} ${table(spec.table)}
    </details>
  </figure>`;
}

function drawing(spec: Figure, layout: Layout): Html {
  const id = `${spec.id}-${layout.name}`;
  const { height, marks } = spec.draw(layout);
  return html`<div class="${layout.name}" ${layout.name === "narrow" ? html`hidden` : null}>
    <svg
      viewBox="0 0 ${layout.width} ${Math.round(height)}"
      width="${layout.width}"
      height="${Math.round(height)}"
      role="img"
      aria-labelledby="${id}-title ${id}-desc"
      ${spec.attributes?.(layout)}
    >
      <title id="${id}-title">${spec.title}</title>
      <desc id="${id}-desc">${spec.description}</desc>
      ${marks}
    </svg>
  </div>`;
}

/** Longer tables scroll within the page. */
const wholeRowsMost = 30;

/** A table that scrolls by itself where it is wider than the page, or long. */
export function table({ columns, rows, rowAttribute }: Table): Html {
  const kinds = columns.map(({ kind }) => kind);
  const cell = (part: Part, at: number): Html => {
    if (kinds[at] === "heading") return html`<th scope="row">${part}</th>`;
    if (kinds[at] === "number") return html`<td class="n">${part}</td>`;
    return kinds[at] === "word" ? html`<td class="word">${part}</td>` : html`<td>${part}</td>`;
  };
  const heads = columns.map(({ head, kind }) =>
    kind === "number" ? html`<th scope="col" class="n">${head}</th>` : html`<th scope="col">${head}</th>`,
  );
  const lines = rows.map(
    (row, at) =>
      html`<tr ${rowAttribute?.(at)}>
        ${row.map(cell)}
      </tr>`,
  );
  const kind =
    rows.length <= wholeRowsMost ? html`class="scroll whole"` : html`class="scroll" tabindex="0" role="group" aria-label="table"`;
  return html`<div ${kind}>
    <table>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${lines}
      </tbody>
    </table>
  </div>`;
}
