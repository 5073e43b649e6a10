import { Command, Option } from "commander";
import {
  configFrom,
  expectation,
  faultOf,
  formatKnob,
  defaults,
  knobs,
  parseKnob,
  ServiceError,
  startService,
  type Knob,
  type RunningService,
  type ServiceConfig,
} from "../service/index.ts";
import { exitCodes } from "../src/model/exit.ts";
import { Fault } from "../src/model/fault.ts";

/** `peakproof serve`: the reference service in the foreground, until Ctrl-C. */
export function serveCommand(): Command {
  const command = new Command("serve").description("start the health-code reference service, to try load tests on");
  for (const knob of knobs) if (knob.flag !== null) command.addOption(optionOf(knob, knob.flag));
  return command.addHelpText("after", environmentHelp()).action(serve);
}

/** Starts the service, and turns what keeps it from starting into a Fault that says what to do. */
export async function startOrFault(config: Partial<ServiceConfig>): Promise<RunningService> {
  try {
    return await startService(config);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw listFault(error.message, error.details);
  }
}

function listFault(message: string, faults: readonly string[]): Fault {
  return new Fault("usage", [message, ...faults].join("\n  - "), { fix: "peakproof serve --help" });
}

async function serve(flags: Record<string, string>): Promise<void> {
  const service = await startOrFault({ ...configFrom(process.env, "serve"), ...configOf(flags) });
  process.stdout.write(`${introduction(service)}\n`);
  stopOnSignal(service);
  const end = await service.exited;
  await service.stop();
  if (end.expected) process.stdout.write("stopped\n");
  else throw new Fault("internal", `the service's ${end.process} process ended by itself (${end.signal ?? `code ${end.code}`})`);
}

/** The first signal drains, the second kills. */
function stopOnSignal(service: RunningService): void {
  let signals = 0;
  const onSignal = (): void => {
    signals += 1;
    if (signals > 1) {
      process.exitCode = exitCodes.interrupted;
      service.kill();
      return;
    }
    process.stdout.write("\nstopping: open requests finish and the queue is drained; Ctrl-C again ends it at once\n");
    void service.stop();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}

function introduction({ url, adminUrl, laboratoryUrl, pids, config }: RunningService): string {
  const isDefault = config.port === defaults.port && config.adminPort === defaults.adminPort && config.host === defaults.host;
  const addresses = isDefault ? "" : ` --target ${url} --admin ${adminUrl}`;
  return [
    `health-code service   ${url}`,
    `  admin               ${adminUrl}   (/metrics, /synthetic/<run>, /processes)`,
    `  laboratory          ${laboratoryUrl}`,
    `  processes           primary ${pids.primary}, workers ${pids.workers.join(" ")}, laboratory ${pids.laboratory}`,
    "",
    "In another terminal:",
    `  peakproof run scenarios/health-code/mixed.ts --pid ${pids.primary}${addresses}`,
    "",
    "Ctrl-C stops it.",
  ].join("\n");
}

/** The flags as a configuration. Throws a usage Fault with every flag that cannot be read. */
function configOf(flags: Record<string, string>): Partial<ServiceConfig> {
  const given = knobs.flatMap((knob) => {
    const text = flags[attributeOf(knob)];
    return text === undefined ? [] : [{ knob, text, value: parseKnob(knob, text) }];
  });
  const faults = given.flatMap(({ knob, text, value }) =>
    value === undefined || faultOf(knob, value) !== null ? [`--${knob.flag} ${text} is not ${expectation(knob)}`] : [],
  );
  if (faults.length > 0) throw listFault("the service cannot be started like this", faults);
  return Object.fromEntries(given.map(({ knob, value }) => [knob.key, value]));
}

function optionOf(knob: Knob, flag: string): Option {
  const standard = defaults[knob.key];
  const about = standard === null ? knob.about : `${knob.about} (default: ${formatKnob(knob, standard)})`;
  return new Option(`--${flag} <${placeholders[knob.unit]}>`, about);
}

function attributeOf(knob: Knob): string {
  return knob.flag === null ? "" : new Option(`--${knob.flag} <value>`).attributeName();
}

const placeholders: Readonly<Record<Knob["unit"], string>> = {
  port: "port",
  count: "count",
  "per-second": "rate",
  duration: "duration",
  factor: "number",
  switch: "on|off",
  text: "text",
  path: "file",
  choice: "name",
};

function environmentHelp(): string {
  const lines = knobs.flatMap((knob) =>
    knob.environment === undefined ? [] : [`  ${knob.environment.padEnd(24)} ${knob.about}`],
  );
  return [
    "",
    "Environment (secrets, whose defaults hold on loopback only, and addresses that may hold a password):",
    ...lines,
  ].join("\n");
}
