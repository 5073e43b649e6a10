/** The only place where vitals touch the file system. A process may die between any two reads, so "not there" is an answer. */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

/** The file's text, or null where it cannot be read: gone (ENOENT, ESRCH), forbidden (EACCES, EPERM) or unknown to this kernel. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}

/** Target of a link such as `/proc/<pid>/ns/net`, or null where it cannot be read. */
export function readLink(path: string): string | null {
  try {
    return readlinkSync(path, "latin1");
  } catch {
    return null;
  }
}

/** Entries of a directory that are numbers (process, thread and descriptor ids), ascending; null where it cannot be listed. */
export function listNumbers(path: string): number[] | null {
  try {
    return readdirSync(path)
      .map(Number)
      .filter(Number.isInteger)
      .toSorted((a, b) => a - b);
  } catch {
    return null;
  }
}

/**
 * Open descriptors of a process; null where we may not look. Since Linux 6.2 the directory's size is the count, which costs
 * the same for ten descriptors as for ten thousand; older kernels say 0 and have to be counted.
 */
export function countDescriptors(pid: number): number | null {
  try {
    const { size } = statSync(`/proc/${pid}/fd`);
    return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

/**
 * Kernel thread id of the thread that calls, for `generatorThreads`: load workers send it to the coordinator, which cannot
 * find it out from outside. Null on anything but Linux.
 */
export function threadIdOf(): number | null {
  const tid = readLink("/proc/thread-self")?.split("/").at(-1);
  return tid === undefined ? null : Number(tid);
}
