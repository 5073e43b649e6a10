/** People who are no part of any test and declare their health while one goes on, is killed, and is cleaned up. */

/** Time from one declaration to the next. */
const everyMs = 100;
/** What their ids begin with. */
const name = "visitor-";

export class Visitors {
  readonly #url: string;
  readonly #timer: NodeJS.Timeout;
  readonly #confirmed = new Set<string>();
  #count = 0;

  constructor(url: string) {
    this.#url = url;
    this.#timer = setInterval(() => void this.#declare(), everyMs);
  }

  /** Declarations that the service has confirmed so far: they must be there. Of others, replies were lost. */
  confirmed(): string[] {
    return [...this.#confirmed];
  }

  /** Whether they account for a row or a key that is not as it was: it is theirs, or counts what is. */
  accountFor(key: string, text: string): boolean {
    return text.includes(name) || key === "redis stats:reports";
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #declare(): Promise<void> {
    this.#count += 1;
    const body = JSON.stringify({ citizenId: `${name}${this.#count}`, temperature: 36.6 });
    try {
      const reply = await fetch(`${this.#url}/reports`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      const { id } = (await reply.json()) as { readonly id?: string };
      if (reply.status === 201 && id !== undefined) this.#confirmed.add(id);
    } catch {
      // The service drops replies, and is away while it restarts.
    }
  }
}
