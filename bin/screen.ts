import type { Phase, Progress } from "../src/model/progress.ts";
import { renderLive, renderQuietLine } from "../src/report/live.ts";

/** Where a command tells how far it is. Progress goes to stderr, so that stdout stays one document. */
export interface Screen {
  readonly progress: (progress: Progress) => void;
  readonly phase: (phase: Phase, note: string | null) => void;
  /** A sentence that stays. */
  readonly say: (text: string) => void;
  /** Takes the picture away and gives the cursor back. */
  readonly done: () => void;
}

/** The live block where a person watches, quiet lines otherwise. */
export async function openScreen(options: { readonly quiet: boolean }): Promise<Screen> {
  if (!options.quiet && process.stderr.isTTY) return liveScreen();
  return quietScreen();
}

async function liveScreen(): Promise<Screen> {
  const { createLogUpdate } = await import("log-update");
  const draw = createLogUpdate(process.stderr);
  const colours = process.env["NO_COLOR"] === undefined;
  let last = emptyProgress;
  const show = (progress: Progress): void => {
    last = progress;
    draw(renderLive(progress, process.stderr.columns || 80, colours));
  };
  // Some seconds may go by before there is anything to tell.
  show(last);
  return {
    progress: show,
    phase: (phase, note) => show({ ...last, phase, note }),
    say(text) {
      draw.clear();
      process.stderr.write(`${text}\n`);
      show(last);
    },
    done() {
      draw.clear();
      draw.done();
    },
  };
}

/** Seconds between two quiet lines within one step: enough to see that it lives, few enough for a log. */
const quietEverySeconds = 10;

function quietScreen(): Screen {
  let key = "";
  let seconds = 0;
  let last = emptyProgress;
  const line = (text: string): void => void process.stderr.write(`${text}\n`);
  return {
    progress(progress) {
      last = progress;
      const now = `${progress.phase} ${progress.step?.number ?? 0}`;
      seconds = now === key ? seconds + 1 : 0;
      key = now;
      if (progress.phase !== "drain" && seconds % quietEverySeconds === Math.min(2, quietEverySeconds - 1))
        line(renderQuietLine(progress));
    },
    phase(phase, note) {
      if (note === null) line(renderQuietLine({ ...last, phase, note }));
    },
    say: line,
    done: () => undefined,
  };
}

/** Nothing goes on yet. */
export const emptyProgress: Progress = {
  phase: "preflight",
  note: null,
  step: null,
  duePerSec: 0,
  sentPerSec: 0,
  retriesPerSec: 0,
  okPerSec: 0,
  errorsPerSec: 0,
  errorsTotal: 0,
  p50Us: null,
  p99Us: null,
  lagP99Us: null,
  inFlight: 0,
  elapsedUs: 0,
  totalUs: 0,
};
