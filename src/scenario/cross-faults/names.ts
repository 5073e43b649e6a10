import { unknownName, type InputFault } from "../input-fault.ts";
import { entriesOf, fault, listOf, type Entries } from "./entries.ts";

/** Operations that cleanup, handshake and third parties name: each must be there, and be able to do what it is named for. */
export function namedElsewhereFaults(scenario: Entries): InputFault[] {
  const operations = entriesOf(scenario["operations"]);
  const writes = Object.keys(operations).filter((name) => entriesOf(operations[name])["kind"] === "write");
  const unknown = (path: string, names: readonly unknown[], known: readonly string[], what: string): InputFault[] =>
    names
      .filter((name): name is string => typeof name === "string" && !known.includes(name))
      .map((name) => unknownName(path, name, what, known));
  const undoable = writes.filter((name) => entriesOf(operations[name])["undo"] !== undefined);
  const stores = [scenario["cleanup"]].flat().map(entriesOf);
  const named = (
    path: string,
    names: (store: Entries) => readonly unknown[],
    known: readonly string[],
    what: string,
  ): InputFault[] => unknown(path, stores.flatMap(names), known, what);
  const hops = Object.entries(entriesOf(entriesOf(scenario["handshake"])["hops"]));
  return [
    ...named(
      "cleanup.undo.operations",
      ({ undo }) => listOf(entriesOf(undo)["operations"]),
      undoable,
      "a write operation with undo",
    ),
    ...named("cleanup.postgres.tables.ids", ({ postgres }) => idOperations(entriesOf(postgres)), writes, "a write operation"),
    ...named(
      "cleanup.redis.counters.perCreated",
      ({ redis }) => countedOperations(entriesOf(redis)),
      writes,
      "a write operation",
    ),
    ...unreachedWrites(operations, stores),
    ...hops.flatMap(([name, hop]) =>
      unknown(`handshake.hops.${name}.operations`, listOf(entriesOf(hop)["operations"]), writes, "a write operation"),
    ),
    ...(scenario["handshake"] !== undefined && hops.length === 0
      ? [
          fault(
            "handshake.hops",
            "no hop",
            "at least one place where a canary must be seen",
            'store: { http: { path: "/synthetic/{run}" } }',
          ),
        ]
      : []),
  ];
}

/** Where nothing but `undo` removes what was written, each write operation needs it; one that only prepares rows, too. */
function unreachedWrites(operations: Entries, stores: readonly Entries[]): InputFault[] {
  const kinds = stores.flatMap((store) => Object.keys(store));
  if (kinds.length === 0 || kinds.some((kind) => kind !== "undo")) return [];
  const named = stores.map(({ undo }) => entriesOf(undo)["operations"]);
  const isNamed = (name: string): boolean => named.some((names) => names === undefined || listOf(names).includes(name));
  const writes = Object.keys(operations).filter((name) => entriesOf(operations[name])["kind"] === "write");
  return writes.flatMap((name) => {
    if (entriesOf(operations[name])["undo"] === undefined)
      return [
        fault(
          `operations.${name}.undo`,
          "a write without undo, where cleanup.undo is the only store",
          "an undo, by which its rows are removed",
          'undo: (id) => ({ method: "DELETE", path: `/reports/${id}` })',
        ),
      ];
    if (isNamed(name)) return [];
    const expected = `every write operation named, since it is the only store; "${name}" is not`;
    return [fault("cleanup.undo.operations", JSON.stringify(named.flatMap(listOf)), expected, `operations: [..., "${name}"]`)];
  });
}

function idOperations(postgres: Entries): unknown[] {
  return listOf(postgres["tables"]).map((table) => entriesOf(entriesOf(table)["ids"])["operation"]);
}

function countedOperations(redis: Entries): unknown[] {
  return listOf(redis["counters"]).flatMap((counter) => Object.keys(entriesOf(entriesOf(counter)["perCreated"])));
}
