import { expect, it } from "vitest";
import { sweepTogether } from "./sweep-together.ts";

it("has each remove before the next one does, and none go on before all have", async () => {
  const log: string[] = [];
  const swept = await sweepTogether(["c2", "c1"], async (run, together) => {
    log.push(`${run} removes`);
    await together();
    log.push(`${run} looks again`);
    return run;
  });
  expect(log).toEqual(["c2 removes", "c1 removes", "c2 looks again", "c1 looks again"]);
  expect(swept).toEqual(["c2", "c1"]);
});

it("keeps nobody waiting for one that fails, and rejects as it did once all have ended", async () => {
  const ended: string[] = [];
  const sweeping = sweepTogether(["c3", "c2", "c1"], async (run, together) => {
    if (run === "c2") throw new Error("the disk is full");
    await together();
    ended.push(run);
  });
  await expect(sweeping).rejects.toThrow("the disk is full");
  expect(ended).toEqual(["c3", "c1"]);
});
