import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The server of the comparison: nginx with one worker on one core, so that every generator meets the same wall. */
export interface Nginx {
  readonly port: number;
  readonly tlsPort: number;
  /** Removed when it stops. */
  readonly folder: string;
  readonly stop: () => void;
}

/** Answers everything from memory with the same bytes; `return` reads and drops the body of a POST. */
const configuration = (folder: string, port: number, tlsPort: number, core: number): string => `
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 1;
worker_cpu_affinity ${(1 << core).toString(2)};
worker_rlimit_nofile 65536;
events { worker_connections 32768; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  default_type application/json;
  ssl_certificate ${folder}/cert.pem;
  ssl_certificate_key ${folder}/key.pem;
  server {
    listen 127.0.0.1:${port} backlog=32768;
    listen 127.0.0.1:${tlsPort} ssl backlog=32768;
    location / { return 200 '{"status":"ok"}'; }
  }
}
`;

/** Starts nginx on a core of its own, with a certificate made for the occasion; a signal to us stops it, too. Throws where the port is taken. */
export async function startNginx(core: number, port: number): Promise<Nginx> {
  if (await connects(port)) throw new Error(`port ${port} is taken: is an nginx of an earlier bench still running?`);
  const folder = mkdtempSync(join(tmpdir(), "peakproof-bench-"));
  const tlsPort = port + 1;
  const files = ["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files], {
    stdio: "ignore",
  });
  writeFileSync(`${folder}/nginx.conf`, configuration(folder, port, tlsPort, core));
  const child = spawn("nginx", ["-p", folder, "-c", `${folder}/nginx.conf`, "-e", `${folder}/error.log`], { stdio: "inherit" });
  const stop = (): void => {
    child.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      stop();
      process.exit(1);
    });
  }
  await answers(port, child);
  return { port, tlsPort, folder, stop };
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`nginx ended with code ${child.exitCode}; is port ${port} taken?`);
    if (await connects(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx does not answer");
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
