/** The genuine citizens that a store holds from the start. */
import type { Citizen } from "./messages.ts";

/** 2020-02-11, the day the first health code went live in Hangzhou; any fixed instant would do. */
export const seededMs = Date.UTC(2020, 1, 11);

/** Genuine as the service sees it, and still nobody: there is no region 000000. `at` counts from 1. */
export function residentAt(at: number): Citizen {
  const number = String(at).padStart(6, "0");
  return {
    id: `resident-${number}`,
    name: `Resident ${at}`,
    idNumber: `00000019700101${number.slice(-4)}`,
    phone: `0571-${number}`,
  };
}
