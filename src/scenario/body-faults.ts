import { fields, type Field } from "./fields.ts";
import { fieldFault, type InputFault } from "./input-fault.ts";
import { show } from "./show.ts";
import { nearest } from "./similar.ts";

/** Bounds of one request's body, which is held in memory while it is sent. Of parts and fields, more than any form has: guesses. */
const bodyLimits = { bytes: 8 * 1_024 * 1_024, fields: 1_000, parts: 100 } as const;

const kinds = ["json", "form", "multipart", "body"] as const;
type Kind = (typeof kinds)[number];

const isShort = (value: unknown): boolean =>
  typeof value === "string" ? Buffer.byteLength(value) <= bodyLimits.bytes : isBytes(value) && value.length <= bodyLimits.bytes;
const isName = (value: unknown): boolean => typeof value === "string" && value !== "";

const body: Field = {
  accepts: isShort,
  expected: "a text or a Uint8Array of at most 8 MiB",
  write: 'body: "...", or body: fileBytes(new URL("./form.pdf", import.meta.url))',
};
const form: Field = {
  accepts: (value) => isPlainObject(value) && Object.keys(value).length <= bodyLimits.fields,
  expected: `an object of at most ${bodyLimits.fields} texts`,
  write: 'form: { name: "..." }',
};
const formValue: Field = {
  accepts: (value) => typeof value === "string",
  expected: "a text",
  write: "String(...), or leave it out",
};
const multipart: Field = {
  accepts: (value) => Array.isArray(value) && value.length >= 1 && value.length <= bodyLimits.parts,
  expected: `a list of 1 to ${bodyLimits.parts} parts`,
  write: 'multipart: [{ name: "photo", content: bytes, filename: "photo.jpg", type: "image/jpeg" }]',
};

const partFields: Readonly<Record<string, Field>> = {
  name: { accepts: isName, expected: "a text", write: 'name: "photo"' },
  content: { accepts: isShort, expected: "a text or a Uint8Array of at most 8 MiB", write: 'content: "..."' },
  filename: {
    accepts: (value) => value === undefined || isName(value),
    expected: "a text",
    write: 'filename: "photo.jpg"',
  },
  type: {
    // RFC 9110, section 8.3.1: two tokens, and parameters in printable ASCII.
    accepts: (value) =>
      value === undefined || (typeof value === "string" && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+ *(?:;[ -~]*)?$/.test(value)),
    expected: "a media type",
    write: 'type: "image/jpeg"',
  },
};

/** What is wrong with the bodies of a request: there may be one. */
export function bodyFaults(request: Readonly<Record<string, unknown>>): InputFault[] {
  const given = kinds.filter((kind) => request[kind] !== undefined);
  const [kind] = given;
  if (kind === undefined) return [];
  if (given.length === 1) return faultsOf[kind](request[kind]);
  const received = `${given.length === 2 ? "both " : ""}${given.join(" and ")}`;
  return [{ path: "body", received, expected: "at most one of them", fix: "json, or body for anything else" }];
}

const faultsOf: Readonly<Record<Kind, (value: unknown) => InputFault[]>> = {
  json: jsonFaults,
  form: formFaults,
  multipart: multipartFaults,
  body: (value) => leafFaults("body", value, body),
};

function leafFaults(at: string, value: unknown, field: Field): InputFault[] {
  return field.accepts(value) ? [] : [fieldFault(at, value, field)];
}

function jsonFaults(json: unknown): InputFault[] {
  const encoded = encodeJson(json);
  if (encoded === null) {
    const expected = "a value that JSON can carry: no functions, bigints or cycles";
    return [{ path: "json", received: show(json), expected, fix: fields.request.write }];
  }
  return sizeFaults("json", Buffer.byteLength(encoded));
}

function encodeJson(json: unknown): string | null {
  try {
    return JSON.stringify(json) ?? null;
  } catch {
    return null;
  }
}

function formFaults(value: unknown): InputFault[] {
  if (!form.accepts(value)) return leafFaults("form", value, form);
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  const faults = entries.flatMap(([name, text]) => leafFaults(`form.${show(name).slice(1, -1)}`, text, formValue));
  return faults.length > 0 ? faults : sizeFaults("form", bytesOf(entries.flat()));
}

function multipartFaults(value: unknown): InputFault[] {
  if (!Array.isArray(value) || !multipart.accepts(value)) return leafFaults("multipart", value, multipart);
  const faults = value.flatMap((part: unknown, at) => partFaults(part, `multipart.${at}`));
  return faults.length > 0 ? faults : sizeFaults("multipart", bytesOf(value.map((part: { content: unknown }) => part.content)));
}

function partFaults(part: unknown, path: string): InputFault[] {
  if (!isPlainObject(part)) return [{ path, received: show(part), expected: "a part", fix: '{ name: "...", content: "..." }' }];
  const names = Object.keys(partFields);
  const unknown = Object.keys(part).filter((key) => !names.includes(key));
  return [
    ...unknown.map((key) => {
      const fix = nearest(key, names) ?? "one of these, or nothing";
      return { path: `${path}.${key}`, received: "an unknown key", expected: `one of ${names.join(", ")}`, fix };
    }),
    ...Object.entries(partFields).flatMap(([name, field]) => leafFaults(`${path}.${name}`, part[name], field)),
  ];
}

function sizeFaults(path: string, bytes: number): InputFault[] {
  if (bytes <= bodyLimits.bytes) return [];
  return [{ path, received: `${bytes} bytes`, expected: "at most 8 MiB", fix: "a smaller body" }];
}

function bytesOf(parts: readonly unknown[]): number {
  return parts.reduce<number>(
    (sum, part) => sum + (typeof part === "string" ? Buffer.byteLength(part) : isBytes(part) ? part.length : 0),
    0,
  );
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isBytes(value);
}
