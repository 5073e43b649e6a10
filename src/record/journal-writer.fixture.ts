/**
 * Journals without an end and says on standard output up to which number it was told that an intent is on disk: `node <this file> <path>`,
 * to be killed. A number is said by a write that has returned, so what was said had been so.
 */
import { writeSync } from "node:fs";
import { Journal } from "./journal.ts";

const journal = new Journal(process.argv[2] ?? "", (fault) => {
  throw fault;
});
const tickets: number[] = [];
let told = 0;

function tick(): void {
  for (let n = tickets.length; n % 20 !== 19; n++) tickets.push(journal.intend({ n, op: "report", p: "load", a: 1, u: n }));
  const n = tickets.length;
  tickets.push(journal.intend({ n, op: "report", p: "load", a: 1, u: n, key: `k-${n}` }));
  journal.settle({ n, op: "report", p: "load", a: 1, r: "created", id: `r-${n}` });
  const before = told;
  while (told < tickets.length && journal.isSynced(tickets[told] ?? 0)) told += 1;
  if (told > before) writeSync(1, `${told}\n`);
  setTimeout(tick, 1);
}

tick();
