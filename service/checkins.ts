/** `POST /checkins`: a visit to a venue, queued; what waits is stored at the consumer's pace. */
import { randomUUID } from "node:crypto";
import type { Handler } from "./exchange.ts";
import { Fields } from "./validation.ts";
import { refuseTombstoned, writeReply } from "./writes.ts";

/** 202 with the id that the row will have; 503 where the queue is full. */
export const addCheckin: Handler = async (worker, { body, run, timing }) => {
  const fields = new Fields(body);
  const citizenId = fields.id("citizenId");
  const venueId = fields.id("venueId");
  const atMs = fields.optionalInstantMs("at") ?? Date.now();
  fields.done();
  refuseTombstoned(worker, run);
  const checkin = { id: randomUUID(), citizenId, venueId, atMs };
  const reply = writeReply(await timing.around("queue", () => worker.writer.call({ kind: "add-checkin", run, checkin })));
  return { ...reply, status: 202 };
};
