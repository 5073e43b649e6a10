/** The settings that make the service do wrong on purpose, so that whoever tests it can be tested. All are off by default. */
import { hops } from "./hops.ts";
import type { Knob } from "./knobs.ts";

const share = { unit: "factor", min: 0, max: 1 } as const;
const duration = { unit: "duration", min: 0, max: 600_000 } as const;

/** As in `knobs.ts`, which has the others. */
export const faultKnobs: readonly Knob[] = [
  {
    ...share,
    key: "dropReplyShare",
    flag: "drop-replies",
    about: "share of writes whose connection is cut after the commit, without a reply",
  },
  { ...duration, key: "replyDelayMs", flag: "reply-delay", about: "how long the reply to a write is held back" },
  { ...share, key: "replyDelayShare", flag: "reply-delay-share", about: "share of writes whose reply is held back" },
  { ...share, key: "loseShare", flag: "lose", about: "share of writes that are accepted and not stored" },
  { ...share, key: "duplicateShare", flag: "duplicate", about: "share of reports and check-ins that are stored twice" },
  { ...duration, key: "lateWriteMs", flag: "late-writes", about: "how long an accepted check-in is nowhere before it is queued" },
  {
    key: "dropTagAt",
    flag: "drop-tag-at",
    unit: "choice",
    choices: hops,
    isOptional: true,
    about: `where a request's tag is lost: ${hops.join(", ")}`,
  },
];
