import { styleText } from "node:util";

/** Colours of the terminal, by meaning. */
export type Tint = "good" | "bad" | "warn" | "quiet" | "strong" | "accent";

const formats = { good: "green", bad: "red", warn: "yellow", quiet: "dim", strong: "bold", accent: "cyan" } as const;

export type Paint = (tint: Tint, text: string) => string;

/** What text is set for: its width in cells, and colours. */
export interface Page {
  readonly width: number;
  readonly paint: Paint;
}

/** A painter, or one that leaves text as it is. Whether a stream takes colours is the caller's to know. */
export function painter(colours: boolean): Paint {
  return (tint, text) => (colours ? styleText(formats[tint], text, { validateStream: false }) : text);
}
