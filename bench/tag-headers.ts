import { tagHeaders } from "../src/model/tags.ts";
import { version } from "../src/version.ts";

/** The tag as a run sends it: what a tool that cannot vary its headers sends with every request. */
export const benchTag = tagHeaders(
  { runId: "20261121-0147-bench", userId: "c1-00004711", purpose: "load" },
  "00-5d0f1a2b5d0f1a2b0000000000001267-9f3c2d1e9f3c2d1e-00",
  version,
);

export const benchPath = "/codes/c1-00004711";
