import { build, decodeFromCompressedBase64, HistogramLogWriter, JsHistogram, type Histogram } from "hdr-histogram-js";
import { Buckets, bucketBottomUs, bucketOf, largestUs } from "../measure/buckets.ts";

/** The HdrHistogram log format 1.3, written and read line by line: the library's own reader wants a whole, clean file. */

const toLine = (write: (writer: HistogramLogWriter) => void): string => {
  let text = "";
  write(new HistogramLogWriter((part) => (text += part)));
  return text.trimEnd();
};

/** The head of a log. */
export function hlogHead(startedAt: Date): string {
  return toLine((writer) => {
    writer.outputComment("[Values are microseconds; Interval_Max is in milliseconds]");
    writer.outputLogFormatVersion();
    writer.outputStartTime(startedAt.getTime());
    writer.outputLegend();
  });
}

/** One tagged histogram over an interval of the run. */
export function hlogLine(tag: string, startUs: number, endUs: number, buckets: Buckets): string {
  const histogram = toHistogram(buckets);
  histogram.tag = tag;
  return toLine((writer) => writer.outputIntervalHistogram(histogram, startUs / 1_000_000, endUs / 1_000_000, 1_000));
}

function toHistogram(buckets: Buckets): Histogram {
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: largestUs, numberOfSignificantValueDigits: 3 });
  const { pairs } = buckets.toSparse();
  for (let at = 0; at < pairs.length; at += 2) histogram.recordValueWithCount(bucketBottomUs(pairs[at] ?? 0), pairs[at + 1] ?? 0);
  return histogram;
}

export interface HlogEntry {
  readonly tag: string;
  readonly startUs: number;
  readonly buckets: Buckets;
}

/** One line of a log; null for comments and the legend. Throws Error on a line that is torn or not ours. */
export function readHlogLine(line: string): HlogEntry | null {
  if (line === "" || line.startsWith("#") || line.startsWith('"')) return null;
  const match = /^(?:Tag=([^,]+),)?([\d.]+),([\d.]+),([\d.]+),([A-Za-z0-9+/=]+)$/.exec(line);
  if (match === null) throw new Error("not a histogram line");
  const histogram = decodeFromCompressedBase64(match[5] ?? "");
  const buckets = new Buckets();
  for (const { value, count } of recordedValues(histogram)) buckets.addAt(bucketOf(Math.min(value, largestUs)), count);
  return { tag: match[1] ?? "", startUs: Number(match[2]) * 1_000_000, buckets };
}

interface RecordedValue {
  readonly value: number;
  readonly count: number;
}

function* recordedValues(histogram: Histogram): Generator<RecordedValue> {
  if (!(histogram instanceof JsHistogram)) throw new Error("not a histogram of the JavaScript build");
  const iterator = histogram.recordedValuesIterator;
  iterator.reset();
  while (iterator.hasNext()) {
    const { valueIteratedTo, countAtValueIteratedTo } = iterator.next();
    yield { value: valueIteratedTo, count: countAtValueIteratedTo };
  }
}
