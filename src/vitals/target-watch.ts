/** Keeps up with a target whose processes come and go: workers restart, supervisors replace what crashed. */
import { findTargetProcesses, livingParents, withDescendants, type TargetQuestion } from "./target-processes.ts";

/** Time between two looks: a worker that restarts is back under watch within it. A look costs 2-10 ms. */
export const lookEveryUs = 5_000_000;

export class TargetWatch {
  readonly #question: TargetQuestion;
  #roots: readonly number[];
  #family: readonly number[] = [];
  #lookedUs = Number.NEGATIVE_INFINITY;

  constructor(question: TargetQuestion) {
    this.#question = question;
    this.#roots = question.pids;
  }

  /** The target's processes as of the last look, which is at most `lookEveryUs` old. */
  pids(nowUs: number): readonly number[] {
    if (nowUs - this.#lookedUs >= lookEveryUs) {
      this.#lookedUs = nowUs;
      this.#look();
    }
    return this.#family;
  }

  /** Descendants are looked up each time; the port only where a root is missing, since that means a look into every process. */
  #look(): void {
    const parents = livingParents();
    const living = this.#roots.filter((pid) => parents.has(pid));
    const port = this.#question.port;
    const missing = living.length === 0 || living.length < this.#roots.length;
    const found = missing && port !== undefined ? findTargetProcesses({ pids: [], port }).pids : [];
    this.#roots = [...new Set([...living, ...found])];
    this.#family = withDescendants(this.#roots, parents, process.pid);
  }
}
