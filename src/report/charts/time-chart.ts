/** What a chart over time shows, apart from how it is drawn and how it is put into a table. */
import type { Values } from "../seconds.ts";
import type { Role } from "../theme.ts";

export interface Line {
  readonly name: string;
  readonly values: Values;
  readonly role: Role;
  readonly width?: number;
  /** Filled down to zero. */
  readonly filled?: boolean;
  readonly dashed?: boolean;
}

/** A fixed value to compare with: a budget's limit, one core. */
export interface Limit {
  readonly name: string;
  readonly value: number;
}

export interface Panel {
  /** What is shown and in which unit. */
  readonly title: string;
  readonly unit: "per second" | "us" | "count" | "cores";
  readonly scale: "linear" | "log";
  readonly lines: readonly Line[];
  readonly limits: readonly Limit[];
  /** Seconds at which something failed, marked with a cross at the top. */
  readonly failedAt: readonly number[];
}

export interface Band {
  readonly name: string;
  readonly fromSec: number;
  readonly toSec: number;
  readonly broke: boolean;
  /** Its rate changes: named, and not shaded, since nothing is judged by it. */
  readonly ramp: boolean;
}

export interface TimeChart {
  readonly seconds: number;
  readonly bands: readonly Band[];
  readonly panels: readonly Panel[];
}
