import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { cleanCommand, runCommand, shellWord } from "./commands.ts";

describe("shellWord", () => {
  it("leaves plain words as they are and quotes the others", () => {
    expect(shellWord("runs/2026-a")).toBe("runs/2026-a");
    expect(shellWord("it's $(here)")).toBe(`'it'\\''s $(here)'`);
    expect(shellWord("")).toBe("''");
  });

  it("is one argument for a real shell, whatever it holds", () => {
    const texts = fc.sample(fc.string({ unit: "grapheme" }), 30).map((text) => text.replace(/\p{Cc}/gu, " "));
    const printed = execFileSync("sh", ["-c", `printf '%s\\n' ${texts.map(shellWord).join(" ")}`], { encoding: "utf8" });
    expect(printed).toBe(texts.map((text) => `${text}\n`).join(""));
  });
});

describe("commands", () => {
  it("name every value that decides what a run sends", () => {
    const { run } = recordOf({ holdSec: 2, warmupSec: 1 });
    const plan = { ...run.plan, variables: { token: "a b" } };
    expect(runCommand({ ...run, plan })).toBe(
      "peakproof run scenarios/health-code-mixed.ts --target http://127.0.0.1:8460 --admin http://127.0.0.1:8461 " +
        "--seed 1 --peak 200 --pace poisson " +
        "--multiples 1,2,3,5 --hold 2s --warmup 1s --workers 1 --var 'token=a b'",
    );
  });

  it("name how the target was reached, and leave stages to the scenario", () => {
    const { run } = recordOf({ stages: [{ multiple: 1, rampSec: 1, holdSec: 1 }], warmupSec: 0 });
    const { connections } = run.plan;
    const network = {
      resolve: { "health.example:443": "127.0.0.1" },
      sourceAddresses: ["127.0.0.2", "127.0.0.3"],
      tls: { ...connections.tls, verify: false },
    };
    const targets = ["https://health.example", "https://b.example"];
    const target = "https://health.example";
    const plan = { ...run.plan, target, targets, admin: target, connections: { ...connections, ...network } };
    expect(runCommand({ ...run, plan })).toBe(
      "peakproof run scenarios/health-code-mixed.ts --target https://health.example --target https://b.example --insecure " +
        "--resolve health.example:443:127.0.0.1 --source-address 127.0.0.2 --source-address 127.0.0.3 " +
        "--seed 1 --peak 200 --pace poisson --warmup 0s --workers 1",
    );
  });

  it("keep a directory of any name one argument", () => {
    expect(cleanCommand("my runs/x; rm -rf ~")).toBe("peakproof cleanup 'my runs/x; rm -rf ~'");
  });

  it("say again that nothing is verified, where a sweep asks for it", () => {
    const { plan } = recordOf({}).run;
    const connections = { ...plan.connections, tls: { ...plan.connections.tls, verify: false } };
    expect(cleanCommand("runs/x", { admin: "https://127.0.0.1", connections })).toBe("peakproof cleanup runs/x --insecure");
    expect(cleanCommand("runs/x", { ...plan, connections })).toBe("peakproof cleanup runs/x");
    expect(cleanCommand("runs/x", { ...plan, admin: "https://127.0.0.1" })).toBe("peakproof cleanup runs/x");
  });
});
