/** A record whose lines are what their types say. The files may have been edited by anyone; a page must come out all the same. */
import type { RunEvent } from "../model/events.ts";
import type { RunRecord } from "../model/record.ts";
import type { RequestSample } from "../model/sample.ts";
import type { SeriesPoint } from "../model/series.ts";

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Lines that cannot be placed in time are passed over, text that is none becomes text. Numbers are checked where they are read. */
export function soundRecord(record: RunRecord): RunRecord {
  return {
    ...record,
    series: record.series.filter(({ t }) => isNumber(t)).map(soundPoint),
    vitals: record.vitals.filter(({ t, source, signal }) => isNumber(t) && isText(source) && isText(signal)),
    events: record.events.filter(isSoundEvent),
    samples: record.samples.filter(({ t }) => isNumber(t)).map(soundSample),
  };
}

function soundPoint(point: SeriesPoint): SeriesPoint {
  const lanes = isObject(point.lanes) ? point.lanes : null;
  const errors = isObject(point.errors) ? point.errors : {};
  return lanes === point.lanes && errors === point.errors ? point : { ...point, lanes, errors };
}

function isSoundEvent(event: RunEvent): boolean {
  return isNumber(event.t) && (event.event !== "process" || (isObject(event.process) && isText(event.process.name)));
}

function soundSample(sample: RequestSample): RequestSample {
  const { request, reply, operation, traceId, key, status, responseUs } = sample;
  return {
    ...sample,
    request: textOf(request),
    reply: textOf(reply),
    operation: textOf(operation),
    traceId: textOf(traceId),
    key: key === null ? null : textOf(key),
    status: isNumber(status) ? status : null,
    responseUs: isNumber(responseUs) ? responseUs : null,
  };
}

const textOf = (value: unknown): string => (isText(value) ? value : (JSON.stringify(value) ?? ""));
