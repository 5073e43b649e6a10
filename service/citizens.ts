/** `POST /citizens`: registration, straight to the store. */
import type { Handler } from "./exchange.ts";
import { Fields } from "./validation.ts";
import { refuseTombstoned, writeReply } from "./writes.ts";

/** 201 for a new citizen, 200 where the id is there already and nothing was changed. */
export const addCitizen: Handler = async (worker, { body, run, timing }) => {
  const fields = new Fields(body);
  const citizen = {
    id: fields.id("id"),
    name: fields.text("name", { longest: 100 }),
    idNumber: fields.text("idNumber", { pattern: /^[\dA-Za-z]+$/, longest: 32 }),
    phone: fields.text("phone", { pattern: /^[\d +()-]+$/, longest: 32 }),
  };
  fields.done();
  refuseTombstoned(worker, run);
  return writeReply(await timing.around("store", () => worker.writer.call({ kind: "add-citizen", run, citizen })));
};
