import { Option } from "commander";
import { createInterface } from "node:readline/promises";
import { Fault } from "../src/model/fault.ts";
import { productionHosts, type Named } from "../src/safety/production.ts";

/** `--confirm`, of every command that sends load. Never by environment: it is there to be typed. */
export function confirmOption(): Option {
  return new Option("--confirm <host>", "a host that looks like production and may be loaded all the same; repeatable")
    .argParser((text, before: readonly string[]) => [...before, text])
    .default([], "none");
}

/** Asks a person to type something; null where nobody is there. */
export type Ask = ((question: string) => Promise<string>) | null;

/**
 * Has every host of a plan that looks like production confirmed by its name, by `--confirm` or at the terminal. Throws a usage Fault
 * naming all that are not.
 */
export async function confirmHosts(plan: Named, confirmed: readonly string[], ask: Ask = askAtTerminal()): Promise<void> {
  const given = new Set(confirmed.map((host) => host.toLowerCase()));
  const open = productionHosts(plan).filter((host) => !given.has(host));
  const refused: string[] = [];
  for (const host of open) if (!(await isTyped(host, ask))) refused.push(host);
  if (refused.length === 0) return;
  const words = refused.length === 1 ? "looks like production and was" : "look like production and were";
  throw new Fault("usage", `${refused.join(", ")} ${words} not confirmed`, {
    expected: "the host's own name, typed: this run sends it load",
    fix: `add ${refused.map((host) => `--confirm ${host}`).join(" ")}, if its owners know`,
  });
}

async function isTyped(host: string, ask: Ask): Promise<boolean> {
  if (ask === null) return false;
  const typed = await ask(`${host} looks like production. Type its name to load it: `);
  return typed.trim().toLowerCase() === host;
}

/** On stderr, since stdout may be a document. Ctrl-C and the end of the input answer nothing. */
function askAtTerminal(): Ask {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const gone = new AbortController();
    terminal.once("SIGINT", () => gone.abort());
    terminal.once("close", () => gone.abort());
    try {
      return await terminal.question(question, { signal: gone.signal });
    } catch {
      return "";
    } finally {
      terminal.close();
    }
  };
}
