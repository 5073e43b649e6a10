/** `npm run lab:validity` leaves nothing on the machine, even where it is stopped. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { whyNotStaged } from "../lab/validity-case-run.ts";
import { Folder, until } from "./cli.ts";

const lab = fileURLToPath(new URL("../lab/validity.ts", import.meta.url));
const because = whyNotStaged({ of: "ports", most: 30 });

it.skipIf(because !== null).each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(`%s removes the network namespace and the files${because === null ? "" : ` (${because})`}`, async (signal, code) => {
  using folder = new Folder();
  const child = spawn(process.execPath, [lab, "generator with 30 ports"], {
    stdio: "ignore",
    env: { ...process.env, TMPDIR: folder.path },
  });
  const namespace = `/run/netns/peakproof-lab-${child.pid}`;
  await until(() => existsSync(namespace));
  child.kill(signal);
  expect(await once(child, "exit")).toEqual([code, null]);
  expect(existsSync(namespace)).toBe(false);
  expect(readdirSync(folder.path)).toEqual([]);
});
