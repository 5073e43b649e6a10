import type { CookieJar } from "tough-cookie";
import type { Carried, ScenarioInput } from "../model/scenario.ts";
import { setCookiesOf } from "../wire/head.ts";

/** What the requests of one journey share, for as long as it lasts. */
export interface JourneySession {
  carried: Carried;
  /** Null where the journey keeps none. */
  readonly cookies: Cookies | null;
}

/** What is carried where nothing is: outside a journey, and at its start. */
export const nothingCarried: Carried = Object.freeze({});

/** The rules of cookies, loaded where a scenario needs them: most do not, and they come with the list of public suffixes. */
let Jar: typeof CookieJar | null = null;

/** Whether a journey keeps cookies, as its scenario says. */
export function keepsCookies(journeys: ScenarioInput["journeys"], name: string): boolean {
  return journeys?.[name]?.cookies ?? true;
}

/** Makes ready what `newSession` needs for the journeys of a scenario. To be awaited once in each thread, before the load. */
export async function loadCookies({ journeys = {} }: Pick<ScenarioInput, "journeys">): Promise<void> {
  if (Object.keys(journeys).some((name) => keepsCookies(journeys, name))) Jar ??= (await import("tough-cookie")).CookieJar;
}

/** The session of a journey that begins. Throws RangeError where it is to keep cookies and `loadCookies` was not awaited. */
export function newSession(withCookies: boolean): JourneySession {
  if (!withCookies) return { carried: nothingCarried, cookies: null };
  if (Jar === null) throw new RangeError("loadCookies was not awaited");
  return { carried: nothingCarried, cookies: new Cookies(Jar) };
}

/** The cookies of one person on one journey, kept and sent as a browser would (RFC 6265). In memory only. */
export class Cookies {
  /** Every value that was ever kept here: no example of a reply may show one. */
  readonly values = new Set<string>();
  readonly #Jar: typeof CookieJar;
  /** Null until a first cookie is set: asking even an empty jar costs some 7 us per request, and most targets set none. */
  #jar: CookieJar | null = null;

  constructor(Jar: typeof CookieJar) {
    this.#Jar = Jar;
  }

  /** Value of the `cookie` header for a URL; empty where there is none to send. */
  headerFor(url: string): string {
    if (this.#jar === null) return "";
    const header = this.#jar.getCookieStringSync(url);
    // A cookie that would need other bytes than ASCII cannot stand in a request, which is written as such: it is not sent.
    return unsendable.test(header)
      ? header
          .split("; ")
          .filter((cookie) => !unsendable.test(cookie))
          .join("; ")
      : header;
  }

  /** Takes over what a reply from this URL sets. A cookie that breaks the rules (another domain, say) is ignored, as browsers do. */
  keep(url: string, head: string): void {
    for (const cookie of setCookiesOf(head)) {
      this.#jar ??= new this.#Jar();
      const kept = this.#jar.setCookieSync(cookie, url, { ignoreError: true });
      if (kept !== undefined) this.values.add(kept.value);
    }
  }
}

const unsendable = /[^\u0020-\u007e]/;
