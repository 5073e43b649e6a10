import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Fault, messageOf } from "../src/model/fault.ts";

/** Largest file that is read: each load thread holds one of its own. A guess; what is larger is better cut down to what is used. */
export const fileBytesMax = 256 * 1_024 * 1_024;

const files = new Map<string, Uint8Array>();

/**
 * The bytes of a file, for a body: `fileBytes(new URL("./photo.jpg", import.meta.url))`. A file is read once in each thread, so this may
 * stand in `request`. Throws a usage Fault for a file that cannot be read or is larger than 256 MiB.
 */
export function fileBytes(url: URL): Uint8Array {
  const known = files.get(url.href);
  if (known !== undefined) return known;
  const bytes = readBounded(pathOf(url));
  files.set(url.href, bytes);
  return bytes;
}

/** The text of a file and its path. Throws a usage Fault as `fileBytes` does, and for one that is not UTF-8. */
export function fileText(url: URL): { readonly path: string; readonly text: string } {
  const path = pathOf(url);
  const bytes = readBounded(path);
  if (isUtf8(bytes)) return { path, text: bytes.toString("utf8").replace(/^\uFEFF/, "") };
  throw new Fault("usage", `${path} is not UTF-8`, {
    expected: "text in UTF-8",
    fix: `iconv -f GB18030 -t UTF-8 ${path} > utf8.csv, or from whatever encoding it has`,
  });
}

function pathOf(url: URL): string {
  if (url instanceof URL && url.protocol === "file:") return fileURLToPath(url);
  throw new Fault("usage", "a file is named by a file: URL, so that it is found from anywhere", {
    received: String(url),
    expected: "a URL beside the scenario file",
    fix: 'new URL("./people.csv", import.meta.url)',
  });
}

function readBounded(path: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size <= fileBytesMax) return readFileSync(path);
    throw new Fault("usage", `${path} is too large`, {
      received: `${size} bytes`,
      expected: `at most ${fileBytesMax} bytes`,
      fix: "a smaller file, with what the scenario uses",
    });
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault("usage", `${path} cannot be read: ${messageOf(thrown)}`, { expected: "a file" }, { cause: thrown });
  }
}
