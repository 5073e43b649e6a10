import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { plainNetwork, type RunPlan } from "../model/plan.ts";
import type { CallMeter } from "../model/safety-rules.ts";
import { meteredParties, MeterPages, type CallsRead } from "./meter.ts";

const planAt = (origin: string, meters: Readonly<Record<string, CallMeter>>, prometheus: string | null = "/metrics"): RunPlan =>
  ({
    targets: [origin],
    admin: origin,
    connections: plainNetwork,
    observe: { prometheus, pids: [] },
    faults: { api: origin, toxics: [] },
    thirdParties: Object.fromEntries(
      Object.entries(meters).map(([name, meter]) => [name, { callsPer: { report: 1 }, limitPerSec: 1, meter }]),
    ),
  }) as unknown as RunPlan;

/** What meters show of one page; the server says how often it was asked. */
async function readings(
  page: string,
  meters: Readonly<Record<string, CallMeter>>,
): Promise<{ read: CallsRead[]; asked: number }> {
  let asked = 0;
  const server = createServer((_, reply) => {
    asked += 1;
    reply.end(page);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const plan = planAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, meters);
  const pages = new MeterPages(meteredParties(plan), plan, {});
  try {
    return { read: await pages.read(), asked };
  } finally {
    await pages.close();
    server.close();
  }
}

describe("meters of third parties", () => {
  it("sum all series of a name that have the labels, from one look at the page", async () => {
    const page = [
      'calls_total{host="lab",status="200"} 7',
      'calls_total{host="lab",status="429"} 2',
      'calls_total{host="sms"} 5',
    ];
    const { read, asked } = await readings(page.join("\n"), {
      lab: { prometheus: 'calls_total{host="lab"}' },
      all: { prometheus: "calls_total" },
      none: { prometheus: "other_total" },
    });
    expect(read).toEqual([9, 14, 0].map((calls) => ({ calls, opaque: 0 })));
    expect(asked).toBe(1);
  });

  it("count what goes through a proxy of ours, and say where that cannot be", async () => {
    const page = [
      'peakproof_proxy_requests_total{proxy="lab"} 12',
      'peakproof_proxy_opaque_connections_total{proxy="lab"} 1',
      'toxiproxy_proxy_received_bytes_total{proxy="other"} 1',
    ];
    const { read } = await readings(page.join("\n"), { lab: { proxy: "lab" }, other: { proxy: "other" } });
    expect(read).toEqual([{ calls: 12, opaque: 1 }, { reason: expect.stringContaining("no proxy named other") as unknown }]);
  });

  it("that are none are refused", () => {
    const refused =
      (meter: CallMeter, page: string | null = "/metrics") =>
      () =>
        meteredParties(planAt("http://127.0.0.1:1", { lab: meter }, page));
    expect(refused({ prometheus: "calls total" })).toThrow(/names no counter/);
    expect(refused({ prometheus: 'calls{host="a"' })).toThrow(/names no counter/);
    expect(refused({ prometheus: "calls_total" }, null)).toThrow(/no page to read it from/);
    expect(refused({ proxy: "lab" }, null)).not.toThrow();
  });
});
