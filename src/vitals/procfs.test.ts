import { endianness } from "node:os";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseCores,
  parseDescriptorsLimit,
  parseListenCounters,
  parseListeners,
  parsePressureUs,
  parseResidentBytes,
  parseSchedstat,
  parseStat,
  runs,
} from "./procfs.ts";

const statOf = (name: string, state = "S"): string =>
  `4711 (${name}) ${state} 4700 4711 4700 0 -1 4194560 3292 0 0 0 102 7 0 0 20 0 11 0 133062 1245184000 12345 18446744073709551615 0 0\n`;

describe("/proc/<pid>/stat", () => {
  it("gives parent, CPU ticks, threads and start time", () => {
    expect(parseStat(statOf("node"))).toEqual({
      name: "node",
      state: "S",
      parent: 4700,
      cpuTicks: 109,
      threads: 11,
      startTicks: 133062,
    });
  });

  it("reads on behind a name that holds anything, parentheses and line breaks included", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 15, unit: "binary-ascii" }), (name) => {
        expect(parseStat(statOf(name))).toMatchObject({ name, parent: 4700, cpuTicks: 109 });
      }),
    );
    expect(parseStat(statOf("a) R 1 (b"))).toMatchObject({ name: "a) R 1 (b", state: "S", parent: 4700 });
  });

  it("answers null for a text that is cut off or something else, whatever it is", () => {
    expect(parseStat("")).toBeNull();
    expect(parseStat("4711 (node) S 4700 4711")).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => parseStat(text) === null || text.includes(")")));
  });

  it("takes a zombie for ended and a sleeper for running", () => {
    const [zombie, sleeper] = [parseStat(statOf("node", "Z")), parseStat(statOf("node"))];
    expect(zombie && runs(zombie)).toBe(false);
    expect(sleeper && runs(sleeper)).toBe(true);
  });
});

describe("the other files of a process", () => {
  it("reads schedstat as microseconds on a core and waiting for one", () => {
    expect(parseSchedstat("1033031054 76209 9\n")).toEqual({ cpuUs: 1_033_031.054, waitUs: 76.209 });
    expect(parseSchedstat("")).toBeNull();
    expect(parseSchedstat("12\n")).toBeNull();
  });

  it("reads resident memory, and none for a kernel thread", () => {
    expect(parseResidentBytes("VmPeak:\t  99 kB\nVmRSS:\t   45872 kB\nRssAnon:\t 1 kB\n")).toBe(45_872 * 1_024);
    expect(parseResidentBytes("Name:\tkthreadd\n")).toBeNull();
  });

  it("reads the soft limit of open files, and none where there is none", () => {
    expect(
      parseDescriptorsLimit("Max processes   96551  96551  processes\nMax open files            1024      20000      files\n"),
    ).toBe(1024);
    expect(parseDescriptorsLimit("Max open files            unlimited   unlimited   files\n")).toBeNull();
  });
});

describe("the host's files", () => {
  it("counts busy, stolen and all time of each core, guest time once", () => {
    const cores = parseCores(
      "cpu  30 0 10 50 4 1 1 4 9 0\ncpu0 15 0 5 25 2 0.5 0.5 2 9 0\ncpu11 1 2 3 4 5 6 7 8 0 0\nintr 5 0\n",
    );
    expect(cores.get("cpu")).toEqual({ busy: 42, steal: 4, total: 100 });
    expect(cores.get("cpu11")).toEqual({ busy: 19, steal: 8, total: 36 });
    expect(cores.has("cpu0")).toBe(false); // "0.5" is no tick count: the line is not what we think it is
  });

  it("reads the total of the `some` line of pressure", () => {
    const text = "some avg10=0.20 avg60=0.48 avg300=0.24 total=6620357\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
    expect(parsePressureUs(text)).toBe(6_620_357);
    expect(parsePressureUs("")).toBeNull();
  });

  it("finds the listen counters by name, since kernels add columns", () => {
    const text = "TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPHPHits\nTcpExt: 1 22 33 4\nIpExt: InNoRoutes\nIpExt: 0\n";
    expect(parseListenCounters(text)).toEqual({ overflows: 22, drops: 33 });
    expect(parseListenCounters("TcpExt: SyncookiesSent\nTcpExt: 1\n")).toBeNull();
    expect(parseListenCounters("")).toBeNull();
  });
});

describe.runIf(endianness() === "LE")("/proc/net/tcp", () => {
  const row = (local: string, state: string, inode: string): string =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000055852097 100 0 0 10 0`;
  const inodes = (...rows: string[]): string[] => parseListeners(["  sl  local_address ...", ...rows, ""].join("\n"), 8460);

  it("finds listeners at the wildcard and at loopback, in both families", () => {
    const found = inodes(
      row("00000000:210C", "0A", "1"),
      row("0100007F:210C", "0A", "2"),
      row("00000000000000000000000000000000:210C", "0A", "3"),
      row("00000000000000000000000001000000:210C", "0A", "4"),
      row("0000000000000000FFFF00000100007F:210C", "0A", "5"),
    );
    expect(found).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("leaves out connections, other ports and other addresses", () => {
    expect(inodes(row("0100007F:210C", "01", "1"))).toEqual([]);
    expect(inodes(row("0100007F:210D", "0A", "1"))).toEqual([]);
    expect(inodes(row("7F00000A:210C", "0A", "1"))).toEqual([]); // 10.0.0.127
    expect(inodes(row("0000000000000000FFFF00000A00000A:210C", "0A", "1"))).toEqual([]);
  });
});
