/** Most lines that one process says of one trouble after the other in its life: the first ones say it. */
const mostLines = 100;

let lines = 0;

/** One line on stderr of what went wrong and fails no request by itself. */
export function complain(what: unknown): void {
  lines += 1;
  if (lines <= mostLines) process.stderr.write(`${process.title}: ${String(what)}\n`);
}
