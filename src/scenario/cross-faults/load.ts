import { fields } from "../fields.ts";
import { fieldFault, type InputFault } from "../input-fault.ts";
import { limits } from "../limits.ts";
import { show } from "../show.ts";
import { entriesOf, fault, isObject, listOf, type Entries } from "./entries.ts";

const either = "either multiples with hold, or stages";

/** Which of the two ways the load is described in, and whether that one is whole. */
export function loadFaults(raw: unknown): InputFault[] {
  if (!isObject(raw)) return [];
  const { multiples, hold, stages } = raw;
  if (stages === undefined)
    return [...multiplesFaults(multiples, hold), ...topRateFaults("load.multiples", raw, listOf(multiples))];
  const beside = ["multiples", "hold"].filter((key) => raw[key] !== undefined);
  const faults = beside.map((key) => fault(`load.${key}`, `${key} beside stages`, either, "one of the two"));
  const tops = listOf(stages).map((stage) => entriesOf(stage)["multiple"]);
  return [...faults, ...stagesFaults(stages), ...topRateFaults("load.stages", raw, tops)];
}

function multiplesFaults(multiples: unknown, hold: unknown): InputFault[] {
  if (multiples === undefined && hold === undefined) {
    return [fault("load", "neither multiples nor stages", either, `${fields.multiples.write}, ${fields.hold.write}`)];
  }
  if (multiples === undefined) return [fieldFault("load.multiples", multiples, fields.multiples)];
  return hold === undefined ? [fieldFault("load.hold", hold, fields.hold)] : [];
}

function stagesFaults(raw: unknown): InputFault[] {
  if (!Array.isArray(raw)) return [];
  const stages = raw.map(entriesOf);
  const faults = stages.flatMap((stage, at) =>
    isObject(raw[at]) ? stageFaults(`load.stages.${at}`, stage, stages[at - 1]) : [],
  );
  if (stages.length > limits.stages)
    faults.push(fault("load.stages", `${stages.length} stages`, `at most ${limits.stages}`, "fewer"));
  if (stages.every((stage) => stage["hold"] === undefined)) {
    const received = stages.length === 0 ? "no stage" : "no stage with a hold";
    faults.push(
      fault("load.stages", received, "at least one that is held, since nothing is judged by a ramp", fields.hold.write),
    );
  }
  return faults;
}

/** Nothing arrives at a multiple of 0, so it is only where a ramp may end. */
function stageFaults(path: string, stage: Entries, before: Entries | undefined): InputFault[] {
  const { multiple, ramp, hold } = stage;
  if (ramp === undefined && hold === undefined) {
    return [
      fault(
        path,
        "a stage that takes no time",
        "a ramp, a hold, or both",
        `{ multiple: ${show(multiple)}, ${fields.hold.write} }`,
      ),
    ];
  }
  if (multiple !== 0 || (hold === undefined && Number(before?.["multiple"]) > 0)) return [];
  return [fault(`${path}.multiple`, "0", "0 only for a ramp down to nothing, with no hold", "multiple: 0.1, or no such stage")];
}

function topRateFaults(path: string, load: Entries, multiples: readonly unknown[]): InputFault[] {
  const rate = entriesOf(load["peak"])["ratePerSec"];
  if (!fields.ratePerSec.accepts(rate) || !multiples.every(fields.stageMultiple.accepts)) return [];
  const top = Number(rate) * Math.max(0, ...multiples.map(Number));
  if (top <= limits.topRatePerSec) return [];
  return [
    fault(path, `${top} arrivals per second at the top`, "peak times the highest multiple at most 1,000,000", "a lower multiple"),
  ];
}
