import type { Fault } from "../src/model/fault.ts";
import type { RunPlan } from "../src/model/plan.ts";
import { ownTagHeaders } from "../src/model/tags.ts";
import { FaultDriver } from "../src/proxy/fault-driver.ts";
import type { RunRecorder } from "../src/record/recorder.ts";
import type { SentSoFar } from "../src/third-party/guard.ts";
import { redact } from "../src/safety/redact.ts";
import { watchThirdParties, type ThirdPartyWatch } from "../src/third-party/watch.ts";
import { version } from "../src/version.ts";
import { otherNetwork } from "../src/wire/agent-connect.ts";

export interface BesideOptions {
  readonly plan: RunPlan;
  readonly recorder: RunRecorder;
  /** Microseconds since the run's start. */
  readonly nowUs: () => number;
  /** What the person at the terminal should know. */
  readonly say: (text: string) => void;
}

/** What goes on beside the load of a run: its calls to third parties are counted, and its faults are carried out. */
export class BesideLoad {
  readonly #options: BesideOptions;
  readonly #stop = new AbortController();
  #watch: ThirdPartyWatch | null = null;
  #faults: FaultDriver | null = null;

  constructor(options: BesideOptions) {
    this.#options = options;
  }

  /** Aborted with a Fault where the load must end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Before the first request. Rejects with a Fault where calls cannot be counted, or faults not be carried out. */
  async begin(sentSoFar: () => SentSoFar): Promise<void> {
    const { plan, recorder, nowUs } = this.#options;
    const { runId } = recorder.run;
    const stop = (fault: Fault): void => {
      this.#file(() => recorder.event({ t: Math.round(nowUs()), event: "abort", reason: fault.message }));
      this.#stop.abort(fault);
    };
    this.#watch = await watchThirdParties({
      plan,
      tags: ownTagHeaders(runId, "probe", 1, version, plan.tags),
      nowUs,
      sentSoFar,
      stop,
      warn: (text) => this.#warn(text),
    });
    if (plan.faults === undefined) return;
    this.#faults = new FaultDriver({
      faults: plan.faults,
      network: otherNetwork(plan.connections),
      runId,
      nowUs,
      startUs: () => recorder.run.steps.find(({ role }) => role !== "warmup")?.startUs ?? null,
      event: (event) => this.#file(() => recorder.event(event)),
      stop,
    });
    await this.#faults.begin();
  }

  /** After the last request, or what came instead: takes the faults away and files what third parties got. */
  async end(): Promise<void> {
    for (const text of (await this.#faults?.end()) ?? []) this.#warn(text);
    const thirdPartyCalls = await this.#watch?.end();
    if (thirdPartyCalls !== undefined) this.#file(() => this.#options.recorder.update({ thirdPartyCalls }));
  }

  #warn(text: string): void {
    const { recorder, nowUs, say } = this.#options;
    this.#file(() => recorder.event({ t: Math.round(nowUs()), event: "warning", text }));
    say(`warning: ${redact(text)}`);
  }

  /** A disk that refuses ends the load; whoever closes the record meets it again, and says so. */
  #file(write: () => void): void {
    try {
      write();
    } catch (thrown) {
      this.#stop.abort(thrown);
    }
  }
}
