import type { Sql } from "postgres";
import { errnoOf, Fault, messageOf } from "../model/fault.ts";
import type { Network } from "../model/plan.ts";
import { makeRedactor } from "../safety/redact.ts";
import { postgresSocket } from "../wire/database-connect.ts";
import { withRun, type Canary, type Look, type Observer } from "./observer.ts";

/** Connecting and signing in, seconds. */
const connectSec = 5;
/** One look, milliseconds: on the server, too, so that none goes on there after we have turned away. */
const statementMs = 5_000;

export interface PostgresPlace {
  readonly hop: string;
  readonly url: string;
  /** By which its name is looked up. */
  readonly network: Pick<Network, "permitted">;
  /** Gets the run id as `$1`. The first column of its first row says whether it was seen: true, or a number above 0. */
  readonly query: string;
}

/** Classes of errors that no second look would change (PostgreSQL manual, appendix A): sign-in, syntax, rights, data, read-only. */
const finalClasses = new Set(["28", "3D", "42", "22", "25"]);

/** A query on a database. On a connection that may change nothing, whatever the query says. */
export class PostgresObserver implements Observer {
  readonly #place: PostgresPlace;
  readonly #clean: (text: string) => string;
  #opened: Promise<Sql> | null = null;

  constructor(place: PostgresPlace) {
    this.#place = place;
    this.#clean = makeRedactor({}, [place.url]);
  }

  watch(canary: Canary): Look {
    const query = withRun(this.#place.query, canary);
    const parameters = query.includes("$1") ? [canary.runId] : [];
    return async () => {
      const sql = await (this.#opened ??= this.#open());
      try {
        const [first] = await sql.unsafe(query, parameters).values();
        const value: unknown = first?.[0];
        return value === true || Number(value) > 0;
      } catch (thrown) {
        throw this.#fault(thrown);
      }
    };
  }

  async close(): Promise<void> {
    const sql = await this.#opened?.catch(() => null);
    await sql?.end({ timeout: 0 });
  }

  async #open(): Promise<Sql> {
    const { default: postgres } = await import("postgres").catch(missingPackage);
    try {
      return postgres(this.#place.url, {
        ...postgresSocket(this.#place.url, this.#place.network),
        max: 1,
        fetch_types: false,
        connect_timeout: connectSec,
        onnotice: () => undefined,
        connection: {
          application_name: "peakproof",
          statement_timeout: statementMs,
          default_transaction_read_only: true,
        },
      });
    } catch (thrown) {
      throw this.#fault(thrown);
    }
  }

  #fault(thrown: unknown): Fault {
    const code = errnoOf(thrown) ?? "";
    const isFinal = code === "ERR_INVALID_URL" || (code.length === 5 && finalClasses.has(code.slice(0, 2)));
    // No cause: the client's error carries statement and parameters with it, and may end in a log.
    return new Fault(
      isFinal ? "usage" : "unreachable",
      `hop "${this.#place.hop}" cannot be asked: PostgreSQL: ${this.#clean(messageOf(thrown)) || code}`,
      {
        ...(code === "" ? {} : { received: code }),
        fix: 'check the address and the query: "SELECT count(*) FROM reports WHERE synthetic_run = $1"',
      },
    );
  }
}

function missingPackage(): never {
  throw new Fault("usage", "the package postgres, by which a postgres hop is looked at, is not installed", {
    fix: "npm install postgres",
  });
}
