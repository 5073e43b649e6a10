import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { load, scenarioText, write } from "./stranger.fixture.ts";

it("loads a stranger's file under a commonjs package.json, with no node_modules, and says nothing on stderr", async () => {
  await write("helper.ts", "export const prefix: string = '/codes';\n");
  const file = await write(
    "good.ts",
    scenarioText({ head: 'import { prefix } from "./helper.ts";', path: "`${prefix}/${user.id}`" }),
  );
  expect(await load(file)).toEqual({
    path: "~/good.ts",
    hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    name: "mine",
    extra: { path: "/codes/c1-00000003" },
  });
});

it("loads the same file in a worker thread, which must install the hooks again", async () => {
  const file = await write("threaded.ts", scenarioText());
  expect(await load(file, { validate: false }, "worker")).toMatchObject({ name: "mine", extra: { path: "/codes/c1-00000003" } });
});

it("loads JavaScript with import and export where package.json says commonjs, and CommonJS helpers as they are", async () => {
  await write("old.js", "exports.prefix = '/old';\n");
  const head = 'import old from "./old.js";';
  const file = await write("plain.js", scenarioText({ head, path: "`${old.prefix}/${user.id}`" }));
  expect(await load(file)).toMatchObject({ extra: { path: "/old/c1-00000003" } });
});

it("loads a file where there is no package.json at all, without Node's warning about it", async () => {
  const bare = await mkdtemp(join(tmpdir(), "peakproof-bare-"));
  await writeFile(join(bare, "s.ts"), scenarioText());
  expect(await load(join(bare, "s.ts"))).toMatchObject({ name: "mine" });
  await rm(bare, { recursive: true });
});

it("hashes the text: another text, another hash", async () => {
  const first = await load(await write("hash-a.ts", scenarioText()));
  const second = await load(await write("hash-b.ts", `${scenarioText()}// changed\n`));
  expect(first.hash).not.toBe(second.hash);
  expect((await load(await write("hash-c.ts", scenarioText()))).hash).toBe(first.hash);
});

it.each(["scan", "report", "mixed"])("loads the shipped scenario health-code/%s without fault", async (name) => {
  const file = new URL(`../../scenarios/health-code/${name}.ts`, import.meta.url).pathname;
  expect(await load(file)).toMatchObject({ name: `health-code-${name}` });
});

it("gives --var to a scenario that is made by a function", async () => {
  const made = scenarioText({ name: "variables.name ?? 'default'" })
    .replace("defineScenario({", "defineScenario(({ variables }) => ({")
    .replace(/\}\);\n$/, "}));\n");
  const file = await write("made.ts", made);
  expect(await load(file, { variables: { name: "given" } })).toMatchObject({ name: "given" });
  expect(await load(file)).toMatchObject({ name: "default" });
  expect(await load(file, { variables: { nmae: "typo" } })).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "one of name",
        "fix": "name",
        "received": "--var nmae=typo",
      },
      "kind": "usage",
      "message": "~/made.ts does not read the variable nmae",
    }
  `);
  expect(await load("good.ts", { variables: { name: "given" } })).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "no variable",
        "fix": "export default defineScenario(({ variables }) => ({ ... })), to read it",
        "received": "--var name=given",
      },
      "kind": "usage",
      "message": "~/good.ts does not read the variable name",
    }
  `);
});
