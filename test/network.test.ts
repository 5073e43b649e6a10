/** The ways to a target: TLS and who vouches for whom, names and addresses, several targets, HTTP/2, a proxy. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Folder, peakproof } from "./cli.ts";
import { startProxy } from "./proxy.ts";
import { runAndRead, talliedIn } from "./read-run.ts";
import { startTarget, type Target, type TargetOptions, type Visit } from "./target.ts";
import { certificate } from "./tls-server.ts";

const reached = fileURLToPath(new URL("./scenarios/reached.ts", import.meta.url));
const pem = (name: string): Buffer => readFileSync(certificate(name));
const tls = { cert: pem("server"), key: pem("server-key") };
process.env["TEST_KEY_PASSPHRASE"] = "open-sesame";

function startPlain(options: TargetOptions = {}): Promise<Target> {
  return startTarget((_visit, reply) => reply.writeHead(200, { "content-type": "text/plain" }).end("here"), options);
}

describe("a target over TLS", () => {
  it("is refused where nobody vouches for it, in words that say so", async () => {
    using folder = new Folder();
    await using target = await startPlain({ tls });
    const { code, record, summary } = await runAndRead(folder, reached, `--target ${target.origin} --warmup 0s --hold 1s`);
    const { due, errors } = talliedIn(record);
    expect(errors).toEqual({ "tls:UNABLE_TO_VERIFY_LEAF_SIGNATURE": due });
    expect(code).toBe(5);
    expect(summary.exitReasons.join()).toContain("no valid answer");
    expect(target.visits).toEqual([]);
  });

  it("is taken as it is with --insecure, and terminal and report say so loudly", async () => {
    using folder = new Folder();
    await using target = await startPlain({ tls });
    const { code, stderr, report, record, summary } = await runAndRead(folder, reached, `--target ${target.origin} --insecure`);
    expect(code, summary.exitReasons.join()).toBe(0);
    expect(stderr).toContain("certificates are not verified");
    expect(talliedIn(record)).toMatchObject({ sent: target.load.length, ok: target.load.length });
    expect(report).toContain("<strong>Insecure:</strong> certificates were not verified");
    expect(report).toContain(`peakproof cleanup ${folder.run} --insecure`);

    const silent = await peakproof("cleanup", folder.run);
    expect(silent.code).toBe(2);
    expect(silent.stderr).toContain("the run did not verify certificates");
    expect((await peakproof("cleanup", folder.run, "--insecure")).code).toBe(0);
    expect((await peakproof("cleanup", folder.run, "--ca", certificate("ca"))).code).toBe(0);
    expect((await peakproof("cleanup", folder.run, "--insecure", "--ca", certificate("ca"))).code).toBe(2);
  });

  it("only where metrics are read is not begun with authorities that cannot be read", async () => {
    using folder = new Folder();
    await using target = await startPlain();
    const path = folder.file(
      "metrics.ts",
      `import { defineScenario } from "peakproof";
       import { citizens } from "peakproof/generators";
       export default defineScenario({
         name: "metrics", target: "${target.origin}", admin: "https://127.0.0.1:1",
         load: { peak: { ratePerSec: 10 }, multiples: [1], hold: "1s" },
         connections: { tls: { ca: "./nowhere.pem" } },
         users: citizens({ pool: 10 }),
         observe: { prometheus: "/metrics" },
         operations: { get: { kind: "read", weight: 1, request: () => ({ path: "/" }) } },
       });`,
    );
    const { code, stderr } = await peakproof("run", path, "--out", folder.runs, "--no-calibration");
    expect(stderr).toContain("connections.tls.ca cannot be read");
    expect(code).toBe(2);
    expect(existsSync(folder.runs)).toBe(false);
  });

  it("is met by name, from several addresses, with a certificate of our own, sessions taken up again, and timed in its phases", async () => {
    using folder = new Folder();
    const mutual = { ...tls, requestCert: true, ca: pem("ca") };
    await using first = await startPlain({ tls: mutual });
    await using second = await startPlain({ tls: mutual });
    const name = `peakproof.test:${first.port}`;
    const targets = `--target https://${name} --target ${second.origin.replace("127.0.0.1", "localhost")}`;
    const from = "--source-address 127.0.0.2 --source-address 127.0.0.3";
    const variables = "--var ca=yes --var client=yes --var fresh=yes";
    const flags = `${targets} --resolve ${name}:127.0.0.1 ${from} ${variables}`;
    const { record, summary, report } = await runAndRead(folder, reached, flags);
    const { sent, ok, operations } = talliedIn(record);
    const visits = [...first.load, ...second.load];
    expect(visits).toHaveLength(sent);
    expect(ok).toBe(sent);
    // Each request's target is drawn: the difference has a standard deviation of the root of their number.
    expect(Math.abs(first.load.length - second.load.length)).toBeLessThan(5 * Math.sqrt(sent));
    expect(new Set(visits.map(({ from }) => from))).toEqual(new Set(["127.0.0.2", "127.0.0.3"]));
    expect(new Set(first.visits.map(({ headers }) => headers.host))).toEqual(new Set([name]));
    const handshakes = [...first.handshakes, ...second.handshakes];
    expect(new Set(first.handshakes.map(({ serverName }) => serverName))).toEqual(new Set(["peakproof.test"]));
    expect(new Set(second.handshakes.map(({ serverName }) => serverName))).toEqual(new Set(["localhost"]));
    expect(handshakes.every(({ client }) => client === "Peakproof test client")).toBe(true);
    const once = visits.filter(({ path }) => path === "/once");
    expect(once).toHaveLength(operations["once"]!.sent);
    const wayOf = ({ connection, headers }: Visit): string => `${headers.host} ${connection}`;
    const kept = new Set(visits.filter(({ path }) => path === "/kept").map(wayOf));
    expect(new Set(once.map(wayOf)).size).toBe(once.length);
    expect(once.some((visit) => kept.has(wayOf(visit)))).toBe(false);
    expect(handshakes.filter(({ resumed }) => resumed).length).toBeGreaterThan(0.8 * once.length);

    const { phasesUs, serviceUs, operations: summed } = summary.steps[0]!;
    const { dns, tcp, tls: secured, firstByte, body } = phasesUs;
    expect([firstByte!.count, body!.count]).toEqual([sent, sent]);
    expect((firstByte!.mean + body!.mean) / serviceUs!.mean).toBeCloseTo(1, 1);
    // Each request of "once" opened a connection of its own and waited for it; "kept" opened few. Only localhost was looked up.
    expect(tcp!.count).toBe(secured!.count);
    expect(tcp!.count).toBeGreaterThanOrEqual(once.length);
    expect(tcp!.count).toBeLessThanOrEqual(handshakes.length);
    expect(dns!.count).toBeLessThan(tcp!.count);
    expect(Math.min(tcp!.mean, secured!.mean)).toBeGreaterThan(0);
    const opening = tcp!.mean + secured!.mean + (dns!.mean * dns!.count) / tcp!.count;
    expect(summed["once"]!.waitUs!.mean / opening).toBeCloseTo(1, 0);
    expect(report).toContain('id="time-spent"');
  });

  it("is refused with a certificate that has expired, or is made out to another name", async () => {
    using folder = new Folder();
    await using expired = await startPlain({ tls: { cert: pem("expired"), key: pem("expired-key") } });
    await using misnamed = await startPlain({ tls, host: "127.0.0.2" });
    const flags = `--target ${expired.origin} --target ${misnamed.origin} --var ca=yes --warmup 0s --hold 1s`;
    const { code, record } = await runAndRead(folder, reached, flags);
    const { due, errors } = talliedIn(record);
    expect(Object.keys(errors).toSorted()).toEqual(["tls:CERT_HAS_EXPIRED", "tls:ERR_TLS_CERT_ALTNAME_INVALID"]);
    expect(Object.values(errors).reduce((sum, count) => sum + count, 0)).toBe(due);
    expect(code).toBe(5);
    expect([...expired.visits, ...misnamed.visits]).toEqual([]);
  });
});

describe("a target over HTTP/2", () => {
  it("is asked many things on one connection, and the record says so", async () => {
    using folder = new Folder();
    await using target = await startPlain({ protocol: "h2", tls });
    const flags = `--target ${target.origin} --var protocol=h2 --var ca=yes`;
    const { record, report } = await runAndRead(folder, reached, flags);
    expect(talliedIn(record)).toMatchObject({ sent: target.load.length, ok: target.load.length });
    expect(target.load.length).toBeGreaterThan(100);
    expect(target.visits.every(({ headers }) => headers[":path"] === "/kept")).toBe(true);
    expect(target.usedConnections).toBeLessThanOrEqual(2 * record.run.plan.workers);
    expect(record.run.plan.connections.protocol).toBe("h2");
    expect(report).toContain("HTTP/2 (undici)");
  });
});

describe("a target behind a proxy", () => {
  it("over TLS is reached by tunnels that the proxy was asked for, and nothing goes past it", async () => {
    using folder = new Folder();
    await using proxy = await startProxy();
    await using target = await startPlain({ tls });
    const flags = `--target ${target.origin} --var proxy=${proxy.origin} --var ca=yes --var host=peakproof.test`;
    const { record, report } = await runAndRead(folder, reached, flags);
    expect(talliedIn(record)).toMatchObject({ sent: target.load.length, ok: target.load.length });
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT 127.0.0.1:${target.port} HTTP/1.1`]));
    expect(proxy.asked).toHaveLength(target.handshakes.length);
    expect(target.visits.every(({ headers }) => headers.host === "peakproof.test")).toBe(true);
    expect(new Set(target.handshakes.map(({ serverName }) => serverName))).toEqual(new Set(["peakproof.test"]));
    expect(report).toContain(proxy.origin);
  });
});
