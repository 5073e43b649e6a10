import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Summary } from "../src/model/summary.ts";
import { type Ended, Folder, start, summaryOf } from "../test/cli.ts";
import type { Shortage, ValidityCase } from "./validity-cases.ts";

const holdSec = 3;

/** The core that busy loops take away from a generator that may use no other; the target has another one. */
const [generatorCore, targetCore] = ["0", "1"];

/** Folder, processes and network namespace of one case, ended with it, or with this process where that ends before. */
class Stage implements Disposable {
  readonly folder = new Folder();
  readonly #children: ChildProcess[] = [];
  readonly #onExit = (): void => this.#end();
  #namespace: string | null = null;

  constructor() {
    process.once("exit", this.#onExit);
  }

  /** What goes before a command that runs in the case's network. */
  get network(): readonly string[] {
    return this.#namespace === null ? [] : ["ip", "netns", "exec", this.#namespace];
  }

  /** A network of its own with so many local ports, loopback only. Throws where the machine does not allow it. */
  narrow(ports: number): void {
    const name = `peakproof-lab-${process.pid}`;
    execFileSync("ip", ["netns", "add", name]);
    this.#namespace = name;
    const range = `echo 40000 ${40_000 + ports - 1} > /proc/sys/net/ipv4/ip_local_port_range`;
    execFileSync("ip", ["netns", "exec", name, "sh", "-c", `ip link set lo up && ${range}`]);
  }

  /** A busy loop on the generator's core. Should nobody end it, the kernel does after a minute of its time. */
  hog(): void {
    this.#children.push(
      spawn("taskset", ["-c", generatorCore, "sh", "-c", "ulimit -t 60; while :; do :; done"], { stdio: "ignore" }),
    );
  }

  /** Starts the target and gives its address. */
  async target(throttle: ValidityCase["target"]): Promise<string> {
    const program = fileURLToPath(new URL("throttled-target.ts", import.meta.url));
    const [command, ...args] = [
      ...this.network,
      "taskset",
      "-c",
      targetCore,
      process.execPath,
      program,
      JSON.stringify(throttle),
    ];
    const child = spawn(command ?? "", args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#children.push(child);
    const [port] = (await once(createInterface(child.stdout), "line")) as [string];
    return `http://127.0.0.1:${port}`;
  }

  /** Runs the command line in the case's network, behind `wrap`. */
  run(args: readonly string[], wrap: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
    const { child, ended } = start(args, { wrap: [...this.network, ...wrap], env });
    this.#children.push(child);
    return ended;
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#onExit);
    this.#end();
  }

  #end(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    if (this.#namespace !== null) execFileSync("ip", ["netns", "delete", this.#namespace]);
    this.folder[Symbol.dispose]();
  }
}

/** Why this machine cannot stage a shortage; null where it can. */
export function whyNotStaged(shortage: Shortage | null): string | null {
  if (process.platform !== "linux") return "it takes Linux";
  if (!can("taskset", "-c", "0,1", "true")) return "it takes taskset and two cores";
  if (shortage?.of !== "ports") return null;
  const name = `peakproof-probe-${process.pid}`;
  if (!can("ip", "netns", "add", name)) return "it takes root and ip netns";
  return can("ip", "netns", "delete", name) ? null : "its network namespace cannot be removed";
}

function can(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Runs one case. `cache` is where calibrations are remembered. Rejects where the run gives no summary. */
export async function runCase(one: ValidityCase, cache: string): Promise<Summary> {
  using stage = new Stage();
  const { shortage } = one;
  if (shortage?.of === "ports") stage.narrow(shortage.most);
  const target = await stage.target(one.target);
  if (shortage?.of === "core") for (let loop = 0; loop < shortage.busyLoops; loop++) stage.hog();
  const { folder } = stage;
  const args = ["run", folder.file("scenario.ts", scenarioOf(one, target)), "--out", folder.runs, "--json", "--quiet"];
  const env = { PEAKPROOF_CALIBRATION: "on", XDG_CACHE_HOME: cache };
  return summaryOf(await stage.run(args, shortageOf(shortage), env));
}

function shortageOf(shortage: Shortage | null): readonly string[] {
  if (shortage?.of === "core") return ["taskset", "-c", generatorCore];
  return shortage?.of === "descriptors" ? limited(shortage.most) : [];
}

/** Lowers both limits, since Node raises the soft one to the hard one. */
function limited(descriptors: number): readonly string[] {
  return ["sh", "-c", `ulimit -n ${descriptors}; exec "$@"`, "sh"];
}

function scenarioOf({ name, peakRatePerSec, multiple, policy, budgetMs }: ValidityCase, target: string): string {
  return `import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
export default defineScenario({
  name: ${JSON.stringify(name)},
  target: ${JSON.stringify(target)},
  load: { peak: { ratePerSec: ${peakRatePerSec} }, multiples: [1, ${multiple}], hold: "${holdSec}s", warmup: "0s" },
  connections: { policy: "${policy}", max: 1_000, deadline: "2s" },
  users: citizens({ pool: 100 }),
  operations: { get: { kind: "read", weight: 1, request: (user) => ({ path: "/" + user.id }) } },
  budgets: ["response p90 <= ${budgetMs}ms", "errors <= 1%"],
});
`;
}
