import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FaultDetail } from "../model/fault.ts";

/**
 * Scenario files are loaded in a Node process of their own, as the command line does it: inside vitest an `import()` goes through
 * vite, whose TypeScript and whose errors are not Node's.
 */
const run = promisify(execFile);
const loader = new URL("load.ts", import.meta.url).href;
/** `PEAKPROOF_TEST_NODE` runs the same tests on another Node, such as the oldest one supported. */
const node = process.env["PEAKPROOF_TEST_NODE"] ?? process.execPath;

interface Loaded {
  readonly path?: string;
  readonly hash?: string;
  readonly name?: string;
  readonly extra?: unknown;
  readonly kind?: string;
  readonly message?: string;
  readonly detail?: FaultDetail;
}

/** Loads a scenario in the main thread or in a worker, and prints what came of it. */
const loading = `
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
const [, , where, ...given] = process.argv;
const [file, options] = isMainThread ? given : workerData;
async function load() {
  const { loadScenario } = await import(${JSON.stringify(loader)});
  try {
    const { path, hash, input } = await loadScenario(file, JSON.parse(options));
    return { path, hash, name: input.name, extra: input.operations.scan?.request(input.users.user(1, 3), { index: 0, dueMs: 0, random: 0 }) };
  } catch (thrown) {
    return { kind: thrown.kind, message: thrown.message, detail: thrown.detail };
  }
}
const print = (result) => console.log(JSON.stringify(result));
if (!isMainThread) parentPort.postMessage(await load());
else if (where === "worker") new Worker(new URL(import.meta.url), { workerData: given }).on("message", print);
else print(await load());
`;

let folder = "";

/** Loads a file of the temporary folder in a process of its own, started there; paths in what comes back begin with `~`. */
async function load(file: string, options: object = {}, where: "main" | "worker" = "main"): Promise<Loaded> {
  const { stdout, stderr } = await run(node, ["loading.mjs", where, file, JSON.stringify(options)], { cwd: folder });
  expect(stderr).toBe("");
  return JSON.parse(stdout.replaceAll(folder, "~")) as Loaded;
}

async function write(file: string, text: string): Promise<string> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return file;
}

/** A scenario file with one operation; what is given replaces or adds to its text. */
function scenarioText(changes: { readonly head?: string; readonly name?: string; readonly path?: string } = {}): string {
  return `import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
${changes.head ?? ""}
export default defineScenario({
  name: ${changes.name ?? '"mine"'},
  target: "http://127.0.0.1:1",
  load: { peak: { ratePerSec: 10 }, multiples: [1], hold: "1s" },
  users: citizens({ pool: 10 }),
  operations: { scan: { kind: "read", weight: 1, request: (user, at) => ({ path: ${changes.path ?? "`/codes/${user.id}`"} }) } },
});
`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peakproof-stranger-"));
  await write("package.json", '{ "name": "stranger", "type": "commonjs" }');
  await write("loading.mjs", loading);
});
afterAll(async () => rm(folder, { recursive: true }));

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

it("refuses a path that is no file, with what was probably meant", async () => {
  await write("near/checkout.ts", scenarioText());
  const missing = await load("near/chekout.ts");
  expect(missing).toMatchObject({ kind: "usage", message: "there is no file near/chekout.ts" });
  expect(missing.detail).toMatchObject({ received: "near/chekout.ts", fix: "near/checkout.ts" });
  expect(missing.detail?.expected).toMatch(/^a scenario file, such as near\/checkout\.ts, /);
  const shipped = await load("health-code/mixd.ts");
  expect(shipped.message).toBe("there is no file health-code/mixd.ts");
  expect(shipped.detail?.fix).toMatch(/scenarios\/health-code\/mixed\.ts$/);
});

it("refuses a folder and names what is in it", async () => {
  expect(await load("near")).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "one of its files: near/checkout.ts",
        "fix": "near/checkout.ts",
        "received": "near",
      },
      "kind": "usage",
      "message": "near is a folder",
    }
  `);
});

it("refuses a file that is no TypeScript", async () => {
  await write("data.json", "{}");
  expect(await load("data.json")).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "a file of at most 1 MiB that ends in .ts, .mts, .js, .mjs",
        "fix": "data.ts",
        "received": "data.json (2 bytes)",
      },
      "kind": "usage",
      "message": "data.json is no scenario file",
    }
  `);
});

it("says the message and the line of a file that throws", async () => {
  await write(
    "throws.ts",
    'const a: number = 1;\n\nfunction broken(): never { throw new TypeError("boom"); }\nbroken();\nexport default a;\n',
  );
  expect(await load("throws.ts")).toMatchInlineSnapshot(`
    {
      "detail": {},
      "kind": "usage",
      "message": "~/throws.ts:3 throws while it is loaded: boom",
    }
  `);
  await write("throws-text.ts", 'throw "plain words";\nexport default 1;\n');
  expect(await load("throws-text.ts")).toMatchInlineSnapshot(`
    {
      "detail": {},
      "kind": "usage",
      "message": "~/throws-text.ts throws while it is loaded: plain words",
    }
  `);
});

it("keeps the way out that a generator's own fault names", async () => {
  const file = await write("prefix.ts", scenarioText().replace("pool: 10 ", 'pool: 10, phonePrefix: "1x" '));
  expect(await load(file)).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "1 to 10 digits of 11, with a number for everyone in the pool",
        "fix": "phonePrefix: "100"",
        "received": "phonePrefix "1x" for 10 citizens",
      },
      "kind": "usage",
      "message": "~/prefix.ts:8 throws while it is loaded: the phone prefix leaves too few numbers",
    }
  `);
});

it("says where a scenario's function throws", async () => {
  await write("made-throws.ts", "export default () => {\n  throw new Error('no secret');\n};\n");
  expect(await load("made-throws.ts")).toMatchInlineSnapshot(`
    {
      "detail": {},
      "kind": "usage",
      "message": "~/made-throws.ts:2 throws while it is loaded: no secret",
    }
  `);
});

it("refuses a file without a default export", async () => {
  await write("named.ts", "export const scenario = {};\n");
  expect(await load("named.ts")).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "a scenario as the default export",
        "fix": "export default defineScenario({ ... })",
        "received": "the export scenario",
      },
      "kind": "usage",
      "message": "~/named.ts has no default export",
    }
  `);
  await write("nothing.ts", "export {};\n");
  expect((await load("nothing.ts")).detail?.received).toBe("no export");
});

it("says the line of a syntax error that Node's TypeScript parser finds", async () => {
  await write("syntax.ts", "const a = 1;\nexport default {\n  a: 1\n  b: 2\n};\n");
  expect(await load("syntax.ts")).toMatchInlineSnapshot(`
    {
      "detail": {
        "received": "b: 2",
      },
      "kind": "usage",
      "message": "~/syntax.ts:4 is not valid TypeScript: Expected ',', got 'ident'",
    }
  `);
});

it("says the file of a syntax error that only V8 finds, also where an import has it", async () => {
  await write("twice.ts", "let a = 1;\nlet a = 2;\nexport default a;\n");
  expect((await load("twice.ts")).message).toBe("~/twice.ts is not valid TypeScript: Identifier 'a' has already been declared");
  await write("imports-twice.ts", 'import a from "./twice.ts";\nexport default a;\n');
  expect((await load("imports-twice.ts")).message).toMatch(/^~\/twice\.ts is not valid TypeScript/);
});

it("translates TypeScript that type stripping cannot carry", async () => {
  await write("enum.ts", "const a = 1;\nenum Colour { Red }\nexport default Colour;\n");
  expect(await load("enum.ts")).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "TypeScript that runs once its types are removed",
        "fix": "const colour = { red: 1 } as const",
        "received": "enum in ~/enum.ts:2",
      },
      "kind": "usage",
      "message": "enum is not supported in scenario files: use a const object",
    }
  `);
  await write("namespace.ts", "namespace Inner { export const a = 1 }\nexport default Inner;\n");
  expect((await load("namespace.ts")).message).toBe("namespace is not supported in scenario files: use a file of its own");
  await write("parameter.ts", "class A { constructor(private a: number) {} }\nexport default A;\n");
  expect((await load("parameter.ts")).message).toBe("parameter property is not supported in scenario files: use a field");
  await write("import-equals.ts", 'import fs = require("fs");\nexport default fs;\n');
  expect((await load("import-equals.ts")).message).toBe("import = is not supported in scenario files: use import from");
});

it("names the file that an import without its extension meant", async () => {
  await write("extension.ts", 'import { prefix } from "./helper";\nexport default prefix;\n');
  expect(await load("extension.ts")).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "the name of a file with its extension, such as "./helper.ts"",
        "fix": "./helper.ts",
        "received": "./helper",
      },
      "kind": "usage",
      "message": "~/extension.ts imports a file that does not exist",
    }
  `);
  await write("js-extension.ts", 'import { prefix } from "./helper.js";\nexport default prefix;\n');
  expect((await load("js-extension.ts")).detail?.fix).toBe("./helper.ts");
  await write("nowhere.ts", 'import { prefix } from "./nowhere-else.ts";\nexport default prefix;\n');
  expect((await load("nowhere.ts")).detail).toMatchObject({ received: "./nowhere-else.ts", fix: "the file's own name" });
});

it("names a package that is not installed, and ours where it was mistyped", async () => {
  await write("package.ts", 'import _ from "lodash";\nexport default _;\n');
  expect(await load("package.ts")).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "an installed package, or "peakproof"",
        "fix": "npm install lodash, in a folder above the scenario",
        "received": "lodash",
      },
      "kind": "usage",
      "message": "~/package.ts imports a package that is not installed there",
    }
  `);
  await write("mistyped.ts", 'import { defineScenario } from "peakprof";\nexport default defineScenario;\n');
  expect((await load("mistyped.ts")).detail?.fix).toBe("peakproof");
  await write("subpath.ts", 'import { citizens } from "peakproof/generator";\nexport default citizens;\n');
  expect(await load("subpath.ts")).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": ""peakproof" or "peakproof/generators"",
        "fix": "peakproof/generators",
        "received": "peakproof/generator",
      },
      "kind": "usage",
      "message": "~/subpath.ts imports a part of a package that is not there",
    }
  `);
});

it("names what a module does not export, and the type import that was probably meant", async () => {
  await write("mistyped-name.ts", 'import { defineScenrio } from "peakproof";\nexport default defineScenrio({});\n');
  expect(await load("mistyped-name.ts")).toMatchInlineSnapshot(`
    {
      "detail": {
        "expected": "a value that it exports",
        "fix": "defineScenario",
        "received": "defineScenrio",
      },
      "kind": "usage",
      "message": "~/mistyped-name.ts:1 imports a name that "peakproof" does not export",
    }
  `);
  await write("type-import.ts", 'import { Reply } from "peakproof";\nexport default {} as Reply;\n');
  expect((await load("type-import.ts")).detail?.fix).toBe("import type { Reply } if it is a type");
});

it("gives up on a file that waits for something", async () => {
  await write("waits.ts", "await new Promise(() => {});\nexport default 1;\n");
  expect((await load("waits.ts", { limitMs: 50 })).message).toBe("~/waits.ts is not loaded after 50 ms");
});

it("lists every fault of a scenario at once", async () => {
  const file = await write(
    "faulty.ts",
    scenarioText().replace("ratePerSec: 10", 'ratePersec: "10"').replace("127.0.0.1:1", "127.0.0.1:1/path"),
  );
  expect((await load(file)).message).toMatchInlineSnapshot(`
    "faulty.ts has 3 faults:
      target: received "http://127.0.0.1:1/path"; expected an http:// or https:// address with no path, query or user name, or a list of 1 to 16 different ones; write target: "http://127.0.0.1:8460"
      load.peak.ratePerSec: received nothing; expected arrivals per second, above 0 and at most 1,000,000; write ratePerSec: 200
      load.peak.ratePersec: received an unknown key; expected one of ratePerSec; write ratePerSec"
  `);
});
