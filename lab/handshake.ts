/**
 * The test of the tag's proof: the service drops the tag at each place, twenty times each, and every time the handshake must stop the
 * run and name the place; fifty handshakes with a sound service must all pass. `npm run lab:handshake [times] [sound times]`. Takes some
 * eight minutes, nearly all of it waiting. Exits with 1 where one was missed or refused.
 */
import { Folder } from "../test/cli.ts";
import { handshakeOnce, places, startLogged, type Shaken } from "../test/handshake-once.ts";

const [dropped = "20", sound = "50"] = process.argv.slice(2);

/** How long a canary may take. Ten times what the slowest hop of an idle service takes. */
const within = "1500ms";

/** Handshakes with a service of its own, one after the other; counts those that end as they should. */
async function series(place: (typeof places)[number] | null, times: number, isRight: (shaken: Shaken) => boolean) {
  using folder = new Folder();
  const service = await startLogged(folder, { dropTagAt: place });
  let right = 0;
  const wrong = new Set<string>();
  try {
    for (let time = 1; time <= times; time++) {
      const shaken = await handshakeOnce(service, folder, within);
      if (isRight(shaken)) right += 1;
      else wrong.add(shaken.fault?.message ?? "passed");
    }
  } finally {
    await service.stop();
  }
  const name = place === null ? "kept everywhere" : `dropped at ${place}`;
  console.log(
    `${name.padEnd(24)} ${right} of ${times} ${place === null ? "passed" : "caught"} ${[...wrong].join("; ")}`.trimEnd(),
  );
  return right === times;
}

const endings: boolean[] = [];
for (const place of places) {
  const named = `did not reach hop "${place}" within`;
  endings.push(await series(place, Number(dropped), ({ fault }) => fault?.kind === "safety" && fault.message.includes(named)));
}
endings.push(await series(null, Number(sound), ({ fault, handshake }) => fault === null && handshake?.removed === true));
process.exitCode = endings.every(Boolean) ? 0 : 1;
