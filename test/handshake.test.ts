/** The proof of the tag before any load: a tag that is dropped anywhere stops the run, and one that arrives never does. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CleanupFile } from "../src/model/cleanup.ts";
import { Folder, peakproof, start, until } from "./cli.ts";
import { handshakeOnce, places, proven, rowsOf, startLogged, variablesOf } from "./handshake-once.ts";
import { requestsCounted } from "./service-requests.ts";
import type { RunningService } from "../service/index.ts";

/** Longer than any hop takes where nothing is dropped, shorter than patience. */
const within = "1500ms";

function flags(service: RunningService, folder: Folder): string[] {
  const { laboratory, log } = variablesOf(service, folder);
  const at = ["--target", service.url, "--admin", service.adminUrl, "--out", folder.runs];
  return [...at, "--var", `laboratory=${laboratory}`, "--var", `log=${log}`];
}

describe("a service that drops the tag", () => {
  it.concurrent.each(places)("at the %s gets no load, and the run says where", async (place) => {
    using folder = new Folder();
    const service = await startLogged(folder, { dropTagAt: place });
    try {
      for (let time = 1; time <= 2; time++) {
        const { fault, handshake } = await handshakeOnce(service, folder, within);
        expect(fault?.kind).toBe("safety");
        expect(fault?.message).toMatch(new RegExp(`^the tag of "\\w+" did not reach hop "${place}" within 1.5 s: no write load`));
        // Where the store was written without the tag, no sweep by tag can tell that nothing is left.
        expect(handshake?.removed === true || ["queue", "store"].includes(place)).toBe(true);
        for (const number of [1, 2, 3]) expect(await rowsOf(service, `${handshake!.runId}${number}`)).toBe(0);
      }
      for (const purpose of ["prepare", "load"]) expect(await requestsCounted(service, purpose)).toBe(0);
    } finally {
      await service.stop();
    }
  });

  it("ends the command with exit 6 and a record that says why", async () => {
    using folder = new Folder();
    const service = await startLogged(folder, { dropTagAt: "laboratory" });
    try {
      const { code, stderr, stdout } = await peakproof("run", proven, ...flags(service, folder), "--var", `within=${within}`);
      expect(stderr).toContain('the tag of "report" did not reach hop "laboratory" within 1.5 s: no write load without it');
      expect(stderr).toMatch(/received: run id \S+ at store \(.+\), log \(.+\)/);
      expect(code).toBe(6);
      expect(folder.runFile.ended).toMatchObject({ how: "aborted", fault: "safety" });
      expect(folder.runFile.handshake).toMatchObject({ removed: true });
      expect(stdout).toContain("Nothing but canaries was written");
      expect(stdout).toMatch(/Handshake: \d writes?, nothing left under their tags/);
      expect(await requestsCounted(service, "load")).toBe(0);
    } finally {
      await service.stop();
    }
  });

  it("is not said to be clean while a canary may have left a row without its tag", async () => {
    using folder = new Folder();
    const service = await startLogged(folder, { dropTagAt: "queue" });
    try {
      const run = await peakproof("run", proven, ...flags(service, folder), "--var", `within=${within}`);
      expect(run.code).toBe(6);
      expect(run.stdout).toContain("1 of 2 writes not known to be removed; to finish it: peakproof cleanup");
      expect(run.stdout).not.toContain("Nothing was written");
      const cleaned = await peakproof("cleanup", folder.run);
      expect(cleaned.stdout).toContain("Not verified: 1 write of the handshake");
      expect(cleaned.stdout).not.toContain("Verified: nothing");
      expect(cleaned.code).toBe(4);
    } finally {
      await service.stop();
    }
  });
});

describe("a service that keeps the tag", () => {
  it("is never refused, and keeps nothing", async () => {
    using folder = new Folder();
    const service = await startLogged(folder);
    try {
      for (let time = 1; time <= 5; time++) {
        const { fault, handshake, said } = await handshakeOnce(service, folder, "5s");
        expect(fault).toBeNull();
        expect(handshake?.hops.map(({ operation, hop }) => `${operation} ${hop}`).toSorted()).toEqual([
          "checkin log",
          "checkin queue",
          "citizen cache",
          "citizen log",
          "citizen store",
          "report laboratory",
          "report log",
          "report store",
        ]);
        expect(said).toEqual([expect.stringMatching(/^handshake: citizen seen at store .+; checkin at .+; 3 canaries removed$/)]);
        for (const number of [1, 2, 3]) expect(await rowsOf(service, `${handshake!.runId}${number}`)).toBe(0);
      }
    } finally {
      await service.stop();
    }
  });

  it("is loaded after the proof, which the report shows; and the plan says what would be looked at", async () => {
    using folder = new Folder();
    const service = await startLogged(folder);
    try {
      const planned = await peakproof("run", proven, ...flags(service, folder), "--plan");
      expect(planned.stdout).toContain("handshake    store, queue, cache, laboratory, log; 3 canaries");
      const { stderr } = await peakproof("run", proven, ...flags(service, folder), "--no-cleanup");
      expect(stderr).toContain("3 canaries removed");
      expect(folder.runFile.handshake).toMatchObject({ runId: `${folder.runFile.runId}-c`, removed: true });
      expect(await requestsCounted(service, "load")).toBeGreaterThan(0);
      expect(readFileSync(join(folder.run, "report.html"), "utf8")).toContain('<section id="handshake">');
    } finally {
      await service.stop();
    }
  });
});

describe("a handshake that does not come to its end", () => {
  /** Begins one that waits for a hop in vain, and gives it once its canary has arrived. */
  async function waiting(service: RunningService, folder: Folder) {
    const { child, ended } = start(["run", proven, ...flags(service, folder), "--var", "within=60s"]);
    await until(() => existsSync(folder.runs) && existsSync(join(folder.run, "canary", "1", "journal-0.ndjson")));
    const canary = `${folder.runFile.runId}-c1`;
    await until(async () => (await rowsOf(service, canary)) > 0);
    return { child, ended, canary };
  }

  const proofOf = (folder: Folder): CleanupFile => folder.json("canary/1/cleanup.json") as CleanupFile;

  it("killed, is finished by cleanup", async () => {
    using folder = new Folder();
    const service = await startLogged(folder, { dropTagAt: "log" });
    try {
      const { child, ended, canary } = await waiting(service, folder);
      child.kill("SIGKILL");
      await ended;
      expect(proofOf(folder).entries).toEqual([]);
      const cleaned = await peakproof("cleanup", folder.run);
      expect(cleaned.stderr).toContain(join("canary", "1"));
      expect(cleaned.code).toBe(0);
      expect(proofOf(folder).entries).toMatchObject([{ residue: 0, verified: true }]);
      expect(await rowsOf(service, canary)).toBe(0);
    } finally {
      await service.stop();
    }
  });

  it("stopped by Ctrl-C, removes its canaries", async () => {
    using folder = new Folder();
    const service = await startLogged(folder, { dropTagAt: "log" });
    try {
      const { child, ended, canary } = await waiting(service, folder);
      child.kill("SIGINT");
      expect((await ended).code).toBe(130);
      expect(proofOf(folder).entries).toMatchObject([{ residue: 0, verified: true }]);
      expect(folder.runFile.handshake).toMatchObject({ removed: true });
      expect(await rowsOf(service, canary)).toBe(0);
    } finally {
      await service.stop();
    }
  });
});
