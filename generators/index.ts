/** Synthetic people and bodies: same seed, same bytes. `import { citizens } from "peakproof/generators"`. */
export { citizens, Citizen, type CitizenOptions } from "./citizens.ts";
export type { Checkin, Declarant, Declaration } from "./declarations.ts";
export { callerToken } from "./token.ts";
export { venue, venueCount, type Venue } from "./venues.ts";
