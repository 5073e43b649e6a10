/**
 * What the guide and its pages on cleanup and safety show is true: each snippet type-checks as its reader would write it, loads, and makes
 * requests that can be sent; its stores can be planned, its hops prepared and its abort rules read.
 */
import { execFile } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Folder } from "./cli.ts";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("..", import.meta.url));
const folder = new Folder();

const pages = ["guide", "cleanup", "safety"] as const;

/** `### Heading` and the TypeScript below it. */
const snippets = pages.flatMap((page) =>
  [...readFileSync(join(repository, `docs/${page}.md`), "utf8").matchAll(/^### (.+?)$.*?^```ts\n(.*?)^```$/gms)].map(
    ([, heading = "", text = ""]) => ({
      page,
      heading,
      text,
      file: `${page}-${heading.toLowerCase().replaceAll(/[^a-z]+/g, "-")}.ts`,
    }),
  ),
);

/** A snippet as a scenario file: whole, or as what stands in one beside the rest. */
function scenarioOf(text: string): string {
  if (text.includes("export default")) return text;
  return `import { defineScenario } from "peakproof";
import { citizens, fileBytes } from "peakproof/generators";
const rest = {
  name: "snippet",
  target: "http://127.0.0.1:8460",
  load: { peak: { ratePerSec: 10 }, multiples: [1], hold: "1s" },
  operations: { ping: { kind: "read", weight: 1, request: () => ({ path: "/ping" }) } },
  cleanup: { none: "a snippet" },
} as const;
void fileBytes;
export default defineScenario({ ...rest, users: citizens({ pool: 100 }),
${text}});
`;
}

/** Loads each file in a process of its own, since inside vitest an import goes through vite. */
const checking = `
const [, , source, ...files] = process.argv;
const { loadScenario } = await import(source + "/src/scenario/load.ts");
const { makePlan } = await import(source + "/src/scenario/plan.ts");
const { checkFirstRequests } = await import(source + "/src/load/first-requests.ts");
const { planStores } = await import(source + "/cleanup/index.ts");
const { prepareHops } = await import(source + "/src/handshake/hops.ts");
const { abortRulesOf } = await import(source + "/src/safety/abort-rules.ts");
const { meteredParties } = await import(source + "/src/third-party/meter.ts");
const environment = {
  PEAKPROOF_TOKEN: "t",
  DATABASE_URL: "postgres://user@127.0.0.1/database",
  REDIS_URL: "redis://127.0.0.1/0",
};
for (const file of files) {
  const scenario = await loadScenario(file);
  const plan = makePlan(scenario);
  checkFirstRequests(scenario.input, plan, { token: "t" });
  planStores({ runId: "r", plan });
  prepareHops(scenario.input.handshake ?? { hops: {} }, plan, environment);
  abortRulesOf(plan);
  meteredParties(plan);
}
`;

beforeAll(() => {
  symlinkSync(join(repository, "node_modules"), join(folder.path, "node_modules"));
  for (const { file, text } of snippets) folder.file(file, scenarioOf(text));
  folder.file("package.json", '{ "type": "module" }');
  folder.file("people.csv", "card,city\nc-1,Oslo\n");
  folder.file("searches.ndjson", '{"words":["a","b"]}\n');
  folder.file("scan.png", "not really");
  folder.file("checking.mjs", checking);
});
afterAll(() => folder[Symbol.dispose]());

describe("the snippets", () => {
  it("are found, those of each heading that says what a scenario can say", () => {
    const headings = (page: string): string[] => snippets.filter((one) => one.page === page).map(({ heading }) => heading);
    expect(headings("guide")).toEqual([
      "Ramps and stages",
      "Journeys",
      "Checks",
      "Rows of a file",
      "Bodies",
      "Redirects and retries",
      "Setup",
      "TLS, HTTP/2, and the way there",
    ]);
    expect(headings("cleanup")).toEqual([
      "Other names",
      "Hops",
      "HTTP",
      "PostgreSQL",
      "Redis",
      "Undo",
      "Anything else",
      "Several stores",
    ]);
    expect(headings("safety")).toEqual([
      "Limits of its own",
      "What stops a run by itself",
      "Calls to others",
      "Faults while the load goes on",
      "Reading writes back",
    ]);
  });

  it("type-check", async () => {
    const compilerOptions = {
      noUnusedLocals: false,
      types: ["node"],
      typeRoots: [join(repository, "node_modules/@types")],
      paths: {
        peakproof: [join(repository, "src/index.ts")],
        "peakproof/generators": [join(repository, "generators/index.ts")],
      },
    };
    const project = folder.file(
      "tsconfig.json",
      JSON.stringify({ extends: join(repository, "tsconfig.json"), compilerOptions, include: ["*.ts"], exclude: [] }),
    );
    const said = await run(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), "--project", project]).then(
      () => "",
      (failure: { stdout: string }) => failure.stdout,
    );
    expect(said).toBe("");
  });

  it("load without a fault, and make requests that can be sent", async () => {
    const files = snippets.map(({ file }) => join(folder.path, file));
    const { stderr } = await run(process.execPath, [join(folder.path, "checking.mjs"), repository.replace(/\/$/, ""), ...files]);
    expect(stderr).toBe("");
  });
});
