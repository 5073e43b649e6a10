/** The part of autocannon 9 that is used here. Its own types, `@types/autocannon`, are of version 7. */
declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  namespace autocannon {
    interface Request {
      method?: string;
      path?: string;
      headers?: Record<string, string>;
      body?: string | Buffer;
    }

    /** One connection, which has one request under way at a time. `response` comes with status, bytes and milliseconds as a float. */
    interface Client extends EventEmitter {
      setRequests(requests: Request[]): void;
      /** Not in its guide: after so many requests the connection is closed instead of sending another one. */
      responseMax: number;
    }

    interface Options {
      url: string;
      connections?: number;
      /** Seconds. */
      duration?: number;
      method?: string;
      headers?: Record<string, string>;
      body?: string | Buffer;
      /** Seconds, whole. */
      timeout?: number;
      servername?: string;
      /** Requests per second, in a burst at the start of each. Only to show what comes of it (bench/freeze.ts). */
      overallRate?: number;
      ignoreCoordinatedOmission?: boolean;
      setupClient?: (client: Client) => void;
    }

    interface Result {
      readonly "2xx": number;
      readonly non2xx: number;
      readonly errors: number;
      /** Milliseconds. */
      readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number; readonly mean: number };
    }

    type Instance = EventEmitter & Promise<Result>;
  }

  function autocannon(options: autocannon.Options): autocannon.Instance;
  export default autocannon;
}
