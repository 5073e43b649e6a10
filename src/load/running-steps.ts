import { Queue } from "./queue.ts";
import type { RunningStep } from "./running-step.ts";

/** A step's last requests may take their deadline; what is still open this much later is a bug of ours, and is settled as such. */
const drainSlackUs = 1_000_000;

/**
 * The steps that have begun in one load thread and are not reported. Several may be alive at once: the steps of a chain, each of which
 * follows the one before it without a pause, begin together and ahead of their time; and the last requests of one end during the next.
 */
export class RunningSteps {
  readonly #deadlineUs: number;
  readonly #alive = new Queue<RunningStep>();
  /** By the step's index. */
  readonly #steps: (RunningStep | undefined)[] = [];
  #wasOverdue = false;

  /** `deadlineUs` is that of a request. */
  constructor(deadlineUs: number) {
    this.#deadlineUs = deadlineUs;
  }

  get areOver(): boolean {
    return this.#alive.length === 0;
  }

  begin(step: RunningStep): void {
    this.#steps[step.plan.index] = step;
    this.#alive.push(step);
  }

  /** The step of an index; undefined: not begun, or reported. */
  get(index: number): RunningStep | undefined {
    return this.#steps[index];
  }

  /** The last step that had begun at an instant of the run. */
  begunBy(atUs: number): RunningStep | undefined {
    return this.#steps.findLast((step) => step !== undefined && step.startUs <= atUs);
  }

  /** The step whose time an instant is: this one or one after it in its chain; undefined where the chain is over by then. */
  inChain(step: RunningStep, atUs: number): RunningStep | undefined {
    if (atUs < step.endUs) return step;
    const next = this.#steps[step.plan.index + 1];
    return next?.plan.follows === true ? this.inChain(next, atUs) : undefined;
  }

  /** Takes out the first step if all is over in it. Steps are taken out in their order, so all those before it in its chain are over, too. */
  shiftEnded(nowUs: number): RunningStep | undefined {
    const first = this.#alive.peek();
    if (first === undefined || !first.isWalked || nowUs < first.endUs || first.pending > 0) return undefined;
    this.#steps[first.plan.index] = undefined;
    return this.#alive.shift();
  }

  /**
   * Whether what is still under way is to be aborted. That spares nobody, so it waits until the last step begun is overdue as well; and for
   * one tick more, since after a stall the transport has yet to read the replies that have come, and to end what has expired.
   */
  areOverdue(nowUs: number): boolean {
    const wasOverdue = this.#wasOverdue;
    const endUs = this.#steps.at(-1)?.endUs ?? Number.POSITIVE_INFINITY;
    this.#wasOverdue = nowUs > endUs + this.#deadlineUs + drainSlackUs;
    return wasOverdue && this.#wasOverdue;
  }

  /** Forgets them all, unreported. */
  clear(): void {
    while (this.#alive.shift() !== undefined);
    this.#steps.length = 0;
  }
}
