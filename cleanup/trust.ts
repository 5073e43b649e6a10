/** Whom a later cleanup trusts: run.json may come from another machine, and what it left unverified must not stay so in silence. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Fault } from "../src/model/fault.ts";
import { isHttps, type TlsPlan } from "../src/model/plan.ts";
import type { RunFile } from "../src/model/run.ts";
import { storesOf } from "./store-settings.ts";

/** Flags of `peakproof cleanup`. Paths are the command line's, from the working folder. */
export interface TrustFlags {
  readonly insecure?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * The run with the TLS that its cleanup is to use, with admin and, where `undo` is a store, with the targets: the files given here in place of the recorded ones, and unverified only where that
 * is said again. A `--ca` verifies also what the run did not. Throws Fault `usage` where `--insecure` is missing, or a file.
 */
export function trustedAgain(run: RunFile, flags: TrustFlags): RunFile {
  const { connections, admin } = run.plan;
  const spokenTo = [admin, ...(storesOf(run.plan).some(({ kind }) => kind === "undo") ? run.plan.targets : [])].filter(isHttps);
  if (spokenTo.length === 0) return run;
  const recorded = connections.tls;
  const isInsecure = flags.insecure === true;
  if (!recorded.verify && !isInsecure && flags.ca === undefined) throw unverified(spokenTo.join(", "));
  const fileOf = (name: "ca" | "cert" | "key"): string | null => {
    const given = flags[name];
    return given === undefined ? recorded[name] : resolve(given);
  };
  const tls = {
    ...recorded,
    verify: !isInsecure,
    ca: isInsecure ? null : fileOf("ca"),
    cert: fileOf("cert"),
    key: fileOf("key"),
  };
  refuseMissingFiles(tls);
  return { ...run, plan: { ...run.plan, connections: { ...connections, tls } } };
}

function unverified(places: string): Fault {
  return new Fault(
    "usage",
    "the run did not verify certificates, and its cleanup would believe, and send tokens to, whoever answers",
    {
      received: `${places}, with "verify": false in run.json`,
      expected: "--insecure said again, or --ca with who vouches for the certificate",
      fix: "peakproof cleanup <run> --insecure",
    },
  );
}

function refuseMissingFiles({ ca, cert, key }: TlsPlan): void {
  if ((cert === null) !== (key === null)) {
    const [given, missing] = cert === null ? ["key", "cert"] : ["cert", "key"];
    throw new Fault("usage", `--${given} needs --${missing}`, {
      received: `--${given} alone`,
      expected: "a client certificate and its key",
      fix: `--${missing} <file>`,
    });
  }
  for (const [name, path] of Object.entries({ ca, cert, key })) {
    if (path === null || existsSync(path)) continue;
    throw new Fault("usage", `connections.tls.${name} is not on this machine`, {
      received: path,
      expected: "a PEM file",
      fix: `--${name} <file>`,
    });
  }
}
