/** Lines that come one by one while something goes on. */
export interface LiveLines {
  /** One more line. */
  readonly add: (text: string) => void;
  /** What goes on now, below the lines, until the next one comes. */
  readonly now: (text: string) => void;
  /** Where the result will stand on the same screen, the lines go: it says the same. */
  readonly done: () => void;
}

/** On stderr: as a block that goes away again where a person watches both streams, else as plain lines; none where it is quiet. */
export async function openLines(quiet: boolean): Promise<LiveLines> {
  if (quiet) return { add: () => undefined, now: () => undefined, done: () => undefined };
  if (!process.stderr.isTTY || !process.stdout.isTTY)
    return { add: (text) => void process.stderr.write(`${text}\n`), now: () => undefined, done: () => undefined };
  const { createLogUpdate } = await import("log-update");
  const draw = createLogUpdate(process.stderr);
  const lines: string[] = [];
  return {
    add: (text) => {
      lines.push(text);
      draw(lines.join("\n"));
    },
    now: (text) => draw([...lines, text].join("\n")),
    done: () => {
      draw.clear();
      draw.done();
    },
  };
}
