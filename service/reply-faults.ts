/** What goes wrong on purpose with the replies to writes, after the commit. */
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceConfig } from "./config.ts";

type Rules = Pick<ServiceConfig, "dropReplyShare" | "replyDelayMs" | "replyDelayShare">;

/** One worker's faults; chance decides for each reply by itself. */
export class ReplyFaults {
  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** Holds a reply back as long as it is to be; gives whether its connection is to be cut instead. */
  async drops(): Promise<boolean> {
    const { dropReplyShare, replyDelayMs, replyDelayShare } = this.#rules;
    if (replyDelayMs > 0 && Math.random() < replyDelayShare) await delay(replyDelayMs);
    return Math.random() < dropReplyShare;
  }
}

/** Null where nothing goes wrong. */
export function replyFaultsOf(rules: Rules): ReplyFaults | null {
  return rules.dropReplyShare > 0 || rules.replyDelayMs > 0 ? new ReplyFaults(rules) : null;
}
