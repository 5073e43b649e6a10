import { execFileSync, spawnSync } from "node:child_process";

/** Program to Debian package. */
const packages = {
  wrk: "wrk",
  h2load: "nghttp2-client",
  hey: "hey",
  nginx: "nginx-light",
  taskset: "util-linux",
  openssl: "openssl",
};

/** Installs through apt-get what the comparison needs and is not there. Throws where it may not or cannot: it is then said which. */
export function installPeers(): void {
  const missing = Object.entries(packages).filter(([program]) => spawnSync("which", [program]).status !== 0);
  if (missing.length === 0) return;
  const names = missing.map(([, name]) => name);
  const command = `apt-get install -y --no-install-recommends ${names.join(" ")}`;
  if (process.getuid?.() !== 0 || process.env["PEAKPROOF_INSTALL"] === "0")
    throw new Error(`missing: run "${command}" as root first`);
  console.error(`bench: ${command}`);
  execFileSync("apt-get", ["update", "-qq"], { stdio: "inherit" });
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
