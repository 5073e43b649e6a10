/** The shapes of what proves the tag, of faults, of limits, and of reading writes back. */
import { fields } from "./fields.ts";
import { leaf, listOf, named, shape } from "./schema-parts.ts";

export const handshakeSchema = shape(`handshake: { ${fields.hop.write} }`, {
  hops: named(fields.hop.write, leaf(fields.hop)),
  within: leaf(fields.handshakeWithin).optional(),
});

export const writesSchema = shape(`writes: { ${fields.readBackCount.write} }`, {
  readBack: leaf(fields.readBackCount).optional(),
  within: leaf(fields.writesWithin).optional(),
  replay: leaf(fields.replay).optional(),
});

export const tagsSchema = shape(fields.tagHeader.write, {
  run: leaf(fields.tagHeader).optional(),
  user: leaf(fields.tagHeader).optional(),
  purpose: leaf(fields.tagHeader).optional(),
});

export const safetySchema = shape(`safety: { ${fields.abort.write} }`, {
  abort: leaf(fields.abort).optional(),
  ceilings: shape(`ceilings: { ${fields.ceilingRate.write} }`, {
    ratePerSec: leaf(fields.ceilingRate).optional(),
    requests: leaf(fields.ceilingCount).optional(),
    writes: leaf(fields.ceilingCount).optional(),
    bytes: leaf(fields.ceilingCount).optional(),
    duration: leaf(fields.ceilingDuration).optional(),
  }).optional(),
  lease: leaf(fields.lease).optional(),
});

export const faultsSchema = shape(`faults: { ${fields.api.write}, toxics: [] }`, {
  api: leaf(fields.api),
  toxics: listOf(
    'toxics: [{ proxy: "lab", at: "10s", for: "5s", type: "latency", attributes: { latency: 500 } }]',
    shape('{ proxy: "lab", at: "10s", for: "5s", type: "latency" }', {
      proxy: leaf(fields.toxicProxy),
      at: leaf(fields.toxicAt),
      for: leaf(fields.toxicFor),
      type: leaf(fields.toxicType),
      stream: leaf(fields.toxicStream).optional(),
      toxicity: leaf(fields.toxicity).optional(),
      attributes: named(fields.toxicAttribute.write, leaf(fields.toxicAttribute)).optional(),
    }),
  ),
});
