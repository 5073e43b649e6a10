/** A process for people: its command line without directories and without anything that looks like a secret. */

/** Longest name written into a run record: enough for an interpreter, a script and its first flags. */
const maxNameLength = 120;
/** Arguments looked at: some Java command lines hold thousands. */
const maxWords = 20;

const secretName = /pass|secret|token|credential|auth|api-?key|private-?key/i;

/**
 * `/proc/<pid>/cmdline` (arguments, each ended by NUL) as one line: `node server.js --port 8460`. Values of flags with a
 * secret-looking name, and the user part of addresses, become `...`. Empty (a kernel thread, a zombie): `fallback`.
 */
export function shortCommandLine(cmdline: string, fallback: string): string {
  const words = cmdline.replace(/\0+$/, "").split("\0").slice(0, maxWords);
  if (words[0] === undefined || words[0] === "") return fallback;
  const line = words.map((word, at) => (isSecretValue(words[at - 1]) ? "..." : shortWord(word))).join(" ");
  return line.length <= maxNameLength ? line : `${line.slice(0, maxNameLength - 3)}...`;
}

function isSecretValue(before: string | undefined): boolean {
  return before !== undefined && before.startsWith("-") && !before.includes("=") && secretName.test(before);
}

function shortWord(word: string): string {
  const [, name = "", separator = "", value = ""] = /^([^=]*)(=?)(.*)$/s.exec(word) ?? [];
  if (separator !== "" && secretName.test(name)) return `${name}=...`;
  const address = (separator === "" ? name : value).replace(/:\/\/[^/@\s]*@/g, "://...@");
  const short = /^\/[^:]*\/[^/]+$/.test(address) ? address.slice(address.lastIndexOf("/") + 1) : address;
  return separator === "" ? short : `${name}=${short}`;
}
