/**
 * The Prometheus text format 0.0.4, and as much of OpenMetrics as a page may hold: escapes, timestamps, exemplars, `+Inf`, `NaN`,
 * quoted metric names. A page is untrusted: a line that fits no grammar is counted and left out.
 * Source: prometheus.io/docs/instrumenting/exposition_formats and the OpenMetrics 1.0 specification.
 */

/** Series read from one page: ten times what a busy service with its histograms shows; a label with an id in it shows more. */
export const maxSeriesRead = 5_000;
/** Labels of one series. */
const maxLabels = 64;

export interface MetricSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite. */
  readonly value: number;
}

export interface MetricsPage {
  readonly series: readonly MetricSeries[];
  /** Lines that are neither a sample, a comment nor empty. */
  readonly malformed: number;
  /** Samples beyond `maxSeriesRead`. */
  readonly left: number;
}

/** All samples of a page, in its order. Timestamps and exemplars are dropped: the time of a sample is when we asked. */
export function parseMetrics(text: string): MetricsPage {
  const series: MetricSeries[] = [];
  let malformed = 0;
  let left = 0;
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (series.length >= maxSeriesRead) left += 1;
    else {
      const sample = parseSample(line);
      if (sample === null) malformed += 1;
      else series.push(sample);
    }
  }
  return { series, malformed, left };
}

const metricName = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
/** One label and the comma after it: `code="200",`. A quoted string with no value is the metric's name (Prometheus 3). */
const label = /\s*(?:([a-zA-Z_][a-zA-Z0-9_.]*)|"((?:[^"\\]|\\.)*)")\s*(?:=\s*"((?:[^"\\]|\\.)*)"\s*)?(,|(?=\}))/sy;
/** Value, then an optional timestamp, then an optional exemplar. */
const value = /\s*(\S+)(?:\s+-?[\d.eE+-]+)?(?:\s+#.*)?$/y;

function parseSample(line: string): MetricSeries | null {
  const bareName = match(metricName, line, 0)?.[0] ?? "";
  const at = skipSpaces(line, bareName.length);
  const block = line[at] === "{" ? parseLabels(line, at + 1) : { labels: {}, name: undefined, end: bareName.length };
  if (block === null) return null;
  const name = bareName === "" ? block.name : bareName;
  const number = parseNumber(match(value, line, block.end)?.[1] ?? "");
  const separated = block.end > bareName.length || /\s/.test(line[block.end] ?? "");
  return name === undefined || number === null || !separated ? null : { name, labels: block.labels, value: number };
}

interface LabelBlock {
  readonly labels: Record<string, string>;
  readonly name: string | undefined;
  /** Place after the closing brace. */
  readonly end: number;
}

/** From the place after the opening brace; null where it is never closed or a label is not one. */
function parseLabels(line: string, start: number): LabelBlock | null {
  const labels: [string, string][] = [];
  let name: string | undefined;
  let at = start;
  for (let count = 0; count <= maxLabels; count++) {
    at = skipSpaces(line, at);
    if (line[at] === "}") return { labels: Object.fromEntries(labels), name, end: at + 1 };
    const found = match(label, line, at);
    if (found === null) return null;
    const [whole, bare, quoted, text] = found;
    if (text !== undefined) labels.push([bare ?? unescape(quoted ?? ""), unescape(text)]);
    else if (quoted !== undefined && name === undefined) name = unescape(quoted);
    else return null;
    at += whole.length;
  }
  return null;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function skipSpaces(text: string, at: number): number {
  let place = at;
  while (text[place] === " " || text[place] === "\t") place += 1;
  return place;
}

/** `\\`, `\"` and `\n`; any other backslash stands for itself. */
function unescape(text: string): string {
  return text.replace(/\\(\\|"|n)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

const plainNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** As Go's ParseFloat reads it, whatever the case of the words; prom-client writes `Nan`. Null where it is no number. */
function parseNumber(text: string): number | null {
  if (plainNumber.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return Number.NaN;
  const sign = /^([+-]?)inf(inity)?$/i.exec(text)?.[1];
  if (sign === undefined) return null;
  return sign === "-" ? -Infinity : Infinity;
}
