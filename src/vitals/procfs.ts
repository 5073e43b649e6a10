/**
 * Pure parsers of the /proc files of processes, threads and hosts. Layouts: proc(5) and the kernel's
 * Documentation/filesystems/proc.rst. Every parser answers null where the text is not what it should be.
 */
import { endianness } from "node:os";

/** Microseconds per clock tick: USER_HZ is 100 on every architecture that Node runs on, whatever the kernel's own HZ. */
export const usPerTick = 10_000;

/** What is needed of `/proc/<pid>/stat`. */
export interface ProcessStat {
  readonly name: string;
  /** `R`, `S`, `D`, ...; `Z` and `X` are processes that have ended. */
  readonly state: string;
  readonly parent: number;
  /** User and system time of all threads, ended ones included, in clock ticks. */
  readonly cpuTicks: number;
  readonly threads: number;
  /** Start time in ticks since boot: with the pid, it names a process for good. */
  readonly startTicks: number;
}

/** `/proc/<pid>/stat`, and a thread's too. The name may hold spaces and parentheses, so it ends at the *last* `)`. */
export function parseStat(text: string): ProcessStat | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  // proc(5) numbers fields from 1; what follows the name begins with field 3.
  const field = (number: number): number => Number(fields[number - 3]);
  const stat: ProcessStat = {
    name: text.slice(open + 1, close),
    state: fields[0] ?? "",
    parent: field(4),
    cpuTicks: field(14) + field(15),
    threads: field(20),
    startTicks: field(22),
  };
  const numbers = [stat.parent, stat.cpuTicks, stat.threads, stat.startTicks];
  return open < 0 || close < open || !numbers.every(Number.isFinite) ? null : stat;
}

/** True for a process that can still do something. */
export function runs(stat: ProcessStat): boolean {
  return stat.state !== "Z" && stat.state !== "X";
}

/** CPU time and time spent runnable but waiting for a core, microseconds since the thread's start. */
export interface ThreadTimes {
  readonly cpuUs: number;
  /** Null where the kernel does not count it. */
  readonly waitUs: number | null;
}

/** `/proc/<pid>/task/<tid>/schedstat`: nanoseconds on a core, nanoseconds waiting for one, number of time slices. */
export function parseSchedstat(text: string): ThreadTimes | null {
  const [cpuNs = NaN, waitNs = NaN] = text.trim().split(" ").map(Number);
  return Number.isFinite(cpuNs + waitNs) ? { cpuUs: cpuNs / 1_000, waitUs: waitNs / 1_000 } : null;
}

/** Resident bytes out of `/proc/<pid>/status`; it says kB, so that the page size need not be known. */
export function parseResidentBytes(text: string): number | null {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
}

/** Soft limit of open files out of `/proc/<pid>/limits`; null where it is `unlimited`. */
export function parseDescriptorsLimit(text: string): number | null {
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return soft === undefined ? null : Number(soft);
}

/** Time of one core, or of all, in clock ticks since boot. */
export interface CoreTimes {
  readonly busy: number;
  readonly steal: number;
  readonly total: number;
}

/** `/proc/stat`: key `cpu` is the whole host, `cpu0` the first core. Guest time is left out, since user time holds it already. */
export function parseCores(text: string): Map<string, CoreTimes> {
  const cores = new Map<string, CoreTimes>();
  for (const [, name = "", times = ""] of text.matchAll(/^(cpu\d*) +([\d ]+)$/gm)) {
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = times.split(" ").map(Number);
    const busy = user + nice + system + irq + softirq;
    cores.set(name, { busy, steal, total: busy + steal + idle + iowait });
  }
  return cores;
}

/** `/proc/pressure/cpu`: microseconds since boot in which some task waited for a core. */
export function parsePressureUs(text: string): number | null {
  const total = /^some .*\btotal=(\d+)/m.exec(text)?.[1];
  return total === undefined ? null : Number(total);
}

/** Counters of a network namespace since it was made. `drops` holds the overflows too, and counts repeated SYNs each time. */
export interface ListenCounters {
  readonly overflows: number;
  readonly drops: number;
}

/** `/proc/<pid>/net/netstat`: a line of names, then a line of values, both beginning with `TcpExt:`. */
export function parseListenCounters(text: string): ListenCounters | null {
  const [names = [], values = []] = text.split("\n").flatMap((line) => (line.startsWith("TcpExt:") ? [line.split(" ")] : []));
  const valueOf = (name: string): number => Number(values[names.indexOf(name)]);
  const counters = { overflows: valueOf("ListenOverflows"), drops: valueOf("ListenDrops") };
  return Number.isFinite(counters.overflows + counters.drops) ? counters : null;
}

/** Inodes of the sockets that listen on a port at a loopback or wildcard address, out of `/proc/net/tcp` or `tcp6`. */
export function parseListeners(text: string, port: number): string[] {
  const inodes: string[] = [];
  for (const line of text.split("\n").slice(1)) {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    const [address = "", hexPort = ""] = local.split(":");
    if (state === listening && Number.parseInt(hexPort, 16) === port && isLocal(address)) inodes.push(inode);
  }
  return inodes;
}

/** TCP_LISTEN of include/net/tcp_states.h. */
const listening = "0A";

/** 127.0.0.0/8, also mapped into IPv6. */
const mappedLoopback = endianness() === "LE" ? /^(0{16}FFFF0000)?[0-9A-F]{6}7F$/ : /^(0{16}0000FFFF)?7F[0-9A-F]{6}$/;

/** Addresses come as 32-bit words in the machine's byte order: `0100007F` is 127.0.0.1 on a little-endian one. */
function isLocal(address: string): boolean {
  if (/^0+$/.test(address) || /^0{24}(01000000|00000001)$/.test(address)) return true;
  return mappedLoopback.test(address);
}
