import { describe, expect, it } from "vitest";
import { rejectedFault } from "../test/fault-of.ts";
import { confirmHosts } from "./confirm.ts";

const connections = { proxy: null, resolve: {}, sourceAddresses: [], host: null };
const planOf = (...targets: string[]) => ({ targets, admin: "http://127.0.0.1:1", connections });
const both = planOf("https://www.a.example", "https://prod.b.example");

describe("hosts that look like production", () => {
  it("are confirmed by a flag each, whatever its case", async () => {
    await expect(confirmHosts(both, ["WWW.a.example", "prod.b.example"], null)).resolves.toBeUndefined();
  });

  it("are all named where nobody is there to ask, with the flags to add", async () => {
    const fault = await rejectedFault(confirmHosts(both, [], null));
    expect(fault.kind).toBe("usage");
    expect(fault.message).toBe("www.a.example, prod.b.example look like production and were not confirmed");
    expect(fault.detail.fix).toContain("--confirm www.a.example --confirm prod.b.example");
  });

  it("are asked for by name at a terminal, and anything else than the name refuses", async () => {
    const asked: string[] = [];
    const typing = (text: (host: string) => string) => async (question: string) => {
      asked.push(question);
      return text(question.split(" ")[0] ?? "");
    };
    await expect(
      confirmHosts(
        both,
        ["prod.b.example"],
        typing((host) => ` ${host}\n`),
      ),
    ).resolves.toBeUndefined();
    expect(asked).toEqual(["www.a.example looks like production. Type its name to load it: "]);
    for (const answer of ["yes", "", "www.a.example.com"])
      expect(
        (
          await rejectedFault(
            confirmHosts(
              planOf("https://www.a.example"),
              [],
              typing(() => answer),
            ),
          )
        ).kind,
      ).toBe("usage");
  });

  it("are no matter for a run on this machine, or of a staging host", async () => {
    await expect(confirmHosts(planOf("http://127.0.0.1:8460", "https://www.staging.example"), [], null)).resolves.toBeUndefined();
  });
});
