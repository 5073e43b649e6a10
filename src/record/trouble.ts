import { Fault } from "../model/fault.ts";

/** Writes that may fail without stopping what matters more: a full disk must not keep cleanup from running. */
export class DiskTrouble {
  /** What the disk refused, in order. */
  readonly faults: Fault[] = [];

  /** Tries a write; a disk Fault is kept, anything else is thrown on. */
  attempt(write: () => void): void {
    try {
      write();
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.kind !== "disk") throw thrown;
      this.faults.push(thrown);
    }
  }
}
