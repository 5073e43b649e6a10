/** The file that a thread or a process of ours begins with: `.ts` in the repo, `.js` in the package, since the compiler rewrites only imports. */
export function entryOf(name: "null-server" | "trial-thread"): URL {
  return new URL(`./${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
}
