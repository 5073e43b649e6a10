/** The health-code reference service: a small, honest copy of what stood behind every door in 2020, to try a load test on. */
export { configFrom, defaults, loopbackAdminToken, loopbackSecret, type ServiceConfig } from "./config.ts";
export { ServiceError, type ServiceErrorCode } from "./errors.ts";
export { expectation, faultOf, formatKnob, knobs, parseKnob, type Knob } from "./knobs.ts";
export { callerToken } from "./signing.ts";
export { startService, type RunningService, type ServiceExit } from "./start.ts";
