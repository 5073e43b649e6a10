/** Synthetic people, rows of files and bodies: same seed, same bytes. `import { citizens } from "peakproof/generators"`. */
export { citizens, Citizen, type CitizenOptions } from "./citizens.ts";
export { csvFeeder, type CsvRow } from "./csv.ts";
export type { Checkin, Declarant, Declaration } from "./declarations.ts";
export type { Feeder, FeederOptions } from "./feeder.ts";
export { fileBytes } from "./file.ts";
export { ndjsonFeeder, type JsonRow } from "./ndjson.ts";
export { callerToken } from "./token.ts";
export { venue, venueCount, type Venue } from "./venues.ts";
