import { expect, it } from "vitest";
import { load, scenarioText, write } from "./stranger.fixture.ts";

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
  await write("helper.ts", "export const prefix = '/codes';\n");
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
