import { existsSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Fault, errnoOf, messageOf } from "../model/fault.ts";
import { lastLoadedFile } from "./hooks.ts";
import { nearest } from "./similar.ts";

/** TypeScript that has no meaning once its types are stripped, in Node's words, and what to write instead. */
const replacements: readonly { pattern: RegExp; name: string; instead: string; example: string }[] = [
  { pattern: /enum/, name: "enum", instead: "a const object", example: "const colour = { red: 1 } as const" },
  {
    pattern: /namespace|module/,
    name: "namespace",
    instead: "a file of its own",
    example: 'import * as inner from "./inner.ts"',
  },
  {
    pattern: /parameter property/,
    name: "parameter property",
    instead: "a field",
    example: "this.name = name, in the constructor",
  },
  { pattern: /import equals/, name: "import =", instead: "import from", example: 'import { readFileSync } from "node:fs"' },
  {
    pattern: /export assignment/,
    name: "export =",
    instead: "export default",
    example: "export default defineScenario({ ... })",
  },
];

/**
 * What Node threw while loading a scenario, in its author's terms: a usage Fault that says where. `file` is the scenario;
 * the fault may be in a file that it imports.
 */
export function loadFault(thrown: unknown, file: string): Fault {
  const message = messageOf(thrown);
  const where = placeOf(thrown, file);
  switch (errnoOf(thrown)) {
    case "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
      return unsupportedSyntax(message, where, thrown);
    case "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING":
      return inNodeModules(file, thrown);
    case "ERR_MODULE_NOT_FOUND":
    case "ERR_UNSUPPORTED_DIR_IMPORT":
      return unresolvedImport(message, thrown);
    case "ERR_PACKAGE_PATH_NOT_EXPORTED":
      return notExported(message, where, thrown);
  }
  const missing = /does not provide an export named '(.+)'/.exec(message)?.[1];
  if (missing !== undefined) return missingExport(missing, message, where, thrown);
  if (thrown instanceof SyntaxError) return syntaxFault(message, thrown, file);
  const detail = thrown instanceof Fault ? thrown.detail : {};
  return new Fault("usage", `${where} throws while it is loaded: ${message}`, detail, { cause: thrown });
}

/**
 * `folder/file.ts:3`: the first line of the author's own that the stack names, our package and Node left out; the file alone where
 * there is none.
 */
function placeOf(thrown: unknown, file: string): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  for (const [, url, line] of stack.matchAll(/(file:\/\/[^\s)]+?):(\d+)(?::\d+)?(?=[\s)]|$)/g)) {
    if (url === undefined || url.includes("/node_modules/")) continue;
    const path = fileURLToPath(url);
    if (path === file || !path.startsWith(packageFolder)) return `${path}:${line}`;
  }
  return file;
}

const packageFolder = fileURLToPath(new URL("../../", import.meta.url));

function unsupportedSyntax(message: string, where: string, cause: unknown): Fault {
  const { name, instead, example } = replacements.find(({ pattern }) => pattern.test(message)) ?? {
    name: message,
    instead: "JavaScript with types",
    example: "the same without it",
  };
  return new Fault(
    "usage",
    `${name} is not supported in scenario files: use ${instead}`,
    { received: `${name} in ${where}`, expected: "TypeScript that runs once its types are removed", fix: example },
    { cause },
  );
}

function inNodeModules(file: string, cause: unknown): Fault {
  return new Fault(
    "usage",
    "Node does not load TypeScript from inside node_modules",
    { received: file, expected: "a scenario outside node_modules", fix: `cp ${file} ./${basename(file)}` },
    { cause },
  );
}

function unresolvedImport(message: string, cause: unknown): Fault {
  const [, what = "module", target = message, importer = ""] =
    /(?:(package|module|Directory import)|import) '(.+?)'.* imported from (.+)$/.exec(message) ?? [];
  const isFile = target.startsWith("/") || target.startsWith("file:") || /^[A-Za-z]:/.test(target);
  if (isFile) return missingFile(target, importer, cause);
  const meant = nearest(target, ["peakproof"]);
  const fix = meant ?? `npm install ${target}, in a folder above the scenario`;
  return new Fault(
    "usage",
    `${importer} imports a package that is not installed there`,
    { received: target, expected: `${what === "package" ? "an installed package" : "a module"}, or "peakproof"`, fix },
    { cause },
  );
}

function missingFile(target: string, importer: string, cause: unknown): Fault {
  const found = [
    `${target}.ts`,
    target.replace(/\.[cm]?js$/, ".ts"),
    `${target}.js`,
    `${target.replace(/\/$/, "")}/index.ts`,
  ].find((candidate) => candidate !== target && existsSync(candidate));
  const specifier = (path: string) => `./${relative(dirname(importer), path)}`.replace(/^\.\/\.\./, "..");
  return new Fault(
    "usage",
    `${importer} imports a file that does not exist`,
    {
      received: specifier(target),
      expected: 'the name of a file with its extension, such as "./helper.ts"',
      fix: found === undefined ? "the file's own name" : specifier(found),
    },
    { cause },
  );
}

function notExported(message: string, where: string, cause: unknown): Fault {
  const subpath = /subpath '\.?(.*?)'/.exec(message)?.[1] ?? "";
  return new Fault(
    "usage",
    `${where} imports a part of a package that is not there`,
    {
      received: message.includes(packageFolder) ? `peakproof${subpath}` : message,
      expected: '"peakproof" or "peakproof/generators"',
      fix: nearest(subpath.slice(1), ["generators"]) === null ? "peakproof" : "peakproof/generators",
    },
    { cause },
  );
}

function missingExport(name: string, message: string, where: string, cause: unknown): Fault {
  const source = /module '(.+?)'/.exec(message)?.[1] ?? "the module";
  const meant = source === "peakproof" ? nearest(name, ["defineScenario"]) : null;
  return new Fault(
    "usage",
    `${where} imports a name that "${source}" does not export`,
    { received: name, expected: "a value that it exports", fix: meant ?? `import type { ${name} } if it is a type` },
    { cause },
  );
}

/** Node's own parser says where; V8, which finds what that one lets through, does not. */
function syntaxFault(message: string, thrown: SyntaxError, file: string): Fault {
  const place = /^(file:\/\/\S+?):(\d+)\n/.exec(thrown.stack ?? "");
  const where = place?.[1] === undefined ? (lastLoadedFile() ?? file) : `${fileURLToPath(place[1])}:${place[2]}`;
  const line = place === null ? undefined : excerptOf(thrown.stack ?? "");
  return new Fault("usage", `${where} is not valid TypeScript: ${message}`, line === undefined ? {} : { received: line }, {
    cause: thrown,
  });
}

/** The line above the carets in Node's excerpt. */
function excerptOf(stack: string): string | undefined {
  return /\n(.*)\n *\^+/.exec(stack)?.[1]?.trim();
}
