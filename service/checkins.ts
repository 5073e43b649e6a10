/** Visits to venues: `POST /checkins` queues, what waits is stored at the consumer's pace, `GET /checkins/:id` reads. */
import { randomUUID } from "node:crypto";
import type { Handler } from "./exchange.ts";
import { ApiError } from "./reply.ts";
import { fromStore } from "./store-read.ts";
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
  const id = randomUUID();
  const checkin = { id, citizenId, venueId, atMs, requestId: id };
  const reply = writeReply(await timing.around("queue", () => worker.writer.call({ kind: "add-checkin", run, checkin })));
  return { ...reply, status: 202 };
};

/** A stored check-in, with the number of rows that its request has made; 404 where there is none (yet). */
export const readCheckin: Handler = async (worker, { id, timing }) => {
  const checkin = await timing.around("store", () => fromStore(worker, (reader) => reader.checkin(id)));
  if (checkin === undefined) throw new ApiError(404, "checkin_not_found", "there is no check-in with this id in the store");
  return { status: 200, body: checkin };
};
