/**
 * Health declarations: `POST /reports` asks the laboratory and stores, `GET` and `DELETE /reports/:id` read and take back, and
 * `GET /reports?key=` finds what an idempotency key has made.
 */
import { hash, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Exchange, Handler, Worker } from "./exchange.ts";
import type { Color, KeyUse, Report } from "./messages.ts";
import { ApiError } from "./reply.ts";
import { earlierReport } from "./store.ts";
import { fromStore } from "./store-read.ts";
import { forwardedHeaders } from "./tag.ts";
import { Fields } from "./validation.ts";
import { refuseTombstoned, writeReply } from "./writes.ts";

/** Fever as the declarations of 2020 asked for it: 37.3 degrees Celsius and above. */
const feverCelsius = 37.3;

/** 201 for a new report; 200 with the first one's id where the idempotency key has been used for the same request. */
export const addReport: Handler = async (worker, exchange) => {
  const { run, timing } = exchange;
  const declared = readDeclaration(exchange.body);
  refuseTombstoned(worker, run);
  const keyUse = keyOf(exchange);
  const earlier =
    keyUse === null ? undefined : earlierReport(keyUse, await fromStore(worker, (reader) => reader.keyed(keyUse.key, run)));
  if (earlier === null) return writeReply({ outcome: "key-reused" });
  if (earlier !== undefined) return writeReply({ outcome: "existing", id: earlier });
  const id = randomUUID();
  const result = await timing.around("lab", () => analyse(worker, exchange, id, declared.citizenId));
  const report: Report = { ...declared, id, color: colorOf(declared, result), reportedAtMs: Date.now(), requestId: id };
  return writeReply(await timing.around("store", () => worker.writer.call({ kind: "add-report", run, report, keyUse })));
};

/** A stored report, with the number of rows that its request has made; 404 where there is none. Whoever knows the id may read it. */
export const readReport: Handler = async (worker, { id, timing }) => {
  const report = await timing.around("store", () => fromStore(worker, (reader) => reader.report(id)));
  if (report === undefined) return writeReply({ outcome: "missing" });
  return { status: 200, body: report };
};

/** What the caller's own run (or genuine traffic) has made with an idempotency key: its id and the number of rows; 404 for nothing. */
export const findReport: Handler = async (worker, { url, run, timing }) => {
  const key = new URLSearchParams(url.slice(url.indexOf("?") + 1)).get("key") ?? "";
  if (!keyPattern.test(key)) throw invalidKey("the query must be key=<idempotency key>");
  const found = await timing.around("store", () => fromStore(worker, (reader) => reader.keyed(key, run)));
  if (found === undefined || found.count === 0) return writeReply({ outcome: "missing" });
  return { status: 200, body: { id: found.id, count: found.count } };
};

/** 204. A tagged request can take back its own run's reports only; it may do so after the run was swept. */
export const removeReport: Handler = async (worker, { id, run, timing }) =>
  writeReply(await timing.around("store", () => worker.writer.call({ kind: "remove-report", run, id })));

/** `GET /lab-results/:id`: the third party's answer, passed on. */
export const readResult: Handler = async (worker, { id, headers, timing }) => {
  const path = `/results/${encodeURIComponent(id)}`;
  const { result, takenAt } = await timing.around("lab", () =>
    worker.laboratory.call("GET", path, onwardHeaders(worker, headers)),
  );
  return { status: 200, body: { id, result, takenAt } };
};

const keyPattern = /^[\x21-\x7e]{1,128}$/;

function invalidKey(message: string): ApiError {
  return new ApiError(400, "invalid_idempotency_key", message);
}

type Declared = Pick<Report, "citizenId" | "symptoms" | "temperature" | "declaration">;

function readDeclaration(body: Record<string, unknown>): Declared {
  const fields = new Fields(body);
  const declared = {
    citizenId: fields.id("citizenId"),
    symptoms: fields.optionalTexts("symptoms", 20, 100),
    temperature: fields.optionalNumber("temperature", 30, 45) ?? null,
    declaration: JSON.stringify(fields.rest()),
  };
  fields.done();
  return declared;
}

/** The key with a digest of what it came with. Throws ApiError 400 for a key that is none. */
function keyOf({ headers, body }: Exchange): KeyUse | null {
  const key = headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key !== "string" || !keyPattern.test(key)) throw invalidKey("idempotency-key must be 1 to 128 visible characters");
  return { key, fingerprint: hash("sha256", JSON.stringify(body), "base64url") };
}

/** The key goes along, so that a repeated call has one effect there as well. */
async function analyse(worker: Worker, { headers }: Exchange, id: string, citizenId: string): Promise<string> {
  const key = headers["idempotency-key"];
  const onward = { ...onwardHeaders(worker, headers), "idempotency-key": typeof key === "string" ? key : id };
  const reply = await worker.laboratory.call("POST", "/analyses", onward, { sample: id, citizenId });
  return String(reply["result"]);
}

function onwardHeaders({ config }: Worker, headers: IncomingHttpHeaders): Record<string, string> {
  return config.dropTagAt === "laboratory" ? {} : forwardedHeaders(headers);
}

function colorOf({ temperature, symptoms }: Declared, result: string): Color {
  if (result === "positive") return "red";
  return symptoms.length > 0 || (temperature ?? 0) >= feverCelsius ? "yellow" : "green";
}
