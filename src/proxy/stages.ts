/** What each toxic does, one class a type. The behaviour is Toxiproxy's (its README and toxics/*.go); what differs is said. */
import { Stage, type Chunk, type Next, type Victim } from "./stage.ts";
import type { Toxic, ToxicType } from "./toxic.ts";

/** Bandwidth is spent in pieces of this long, so that a slow line drips rather than gulps. */
const pieceMs = 100;

class LatencyStage extends Stage {
  async pass(chunk: Chunk, next: Next): Promise<void> {
    const delayMs = this.attribute("latency") + this.attribute("jitter") * (2 * this.victim.random() - 1);
    // By the time of arrival: chunks that come together wait together, so that latency does not limit throughput.
    chunk.atMs += Math.max(0, delayMs);
    await this.wait(chunk.atMs - this.victim.nowMs());
    await next(chunk);
  }
}

/** A kilobyte is 1,000 bytes. A rate of 0 is no limit. */
class BandwidthStage extends Stage {
  #freeAtMs = 0;

  async pass({ bytes, atMs }: Chunk, next: Next): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const bytesPerMs = this.attribute("rate");
      const isLimited = this.isActive && bytesPerMs > 0;
      const piece = bytes.subarray(at, isLimited ? at + bytesPerMs * pieceMs : bytes.length);
      at += piece.length;
      if (isLimited) {
        const nowMs = this.victim.nowMs();
        this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + piece.length / bytesPerMs;
        await this.wait(this.#freeAtMs - nowMs);
      }
      await next({ bytes: piece, atMs });
    }
  }
}

/** Silence is counted since the last data. Once the toxic is removed, the connections that it held are closed. */
class TimeoutStage extends Stage {
  #silence: NodeJS.Timeout | undefined;

  constructor(toxic: Toxic, victim: Victim) {
    super(toxic, victim);
    this.#listen();
  }

  pass(): undefined {
    this.#listen();
    return undefined;
  }

  override change(toxic: Toxic): void {
    super.change(toxic);
    this.#listen();
  }

  override lift(): void {
    const held = this.isActive;
    clearTimeout(this.#silence);
    super.lift();
    if (held) this.victim.close();
  }

  #listen(): void {
    clearTimeout(this.#silence);
    const timeoutMs = this.attribute("timeout");
    if (this.isActive && timeoutMs > 0) this.#silence = setTimeout(this.victim.close, timeoutMs);
  }
}

class ResetPeerStage extends Stage {
  async pass(chunk: Chunk, next: Next): Promise<void> {
    await this.end();
    if (!this.isActive) await next(chunk);
  }

  override async end(): Promise<void> {
    await this.wait(this.attribute("timeout"));
    if (this.isActive) this.victim.reset();
  }
}

class SlowCloseStage extends Stage {
  pass(chunk: Chunk, next: Next): Promise<void> | undefined {
    return next(chunk);
  }

  override end(): Promise<void> | undefined {
    return this.wait(this.attribute("delay"));
  }
}

class LimitDataStage extends Stage {
  #passedBytes = 0;

  async pass({ bytes, atMs }: Chunk, next: Next): Promise<void> {
    const allowed = bytes.subarray(0, Math.max(0, this.attribute("bytes") - this.#passedBytes));
    this.#passedBytes += allowed.length;
    if (allowed.length > 0) await next({ bytes: allowed, atMs });
    if (this.#passedBytes >= this.attribute("bytes")) this.victim.close();
  }
}

/** Pieces of the average size +/- the variation, one after the other; Toxiproxy halves until they are about that. */
class SlicerStage extends Stage {
  async pass({ bytes, atMs }: Chunk, next: Next): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + (this.isActive ? this.#size() : bytes.length));
      at += piece.length;
      await next({ bytes: piece, atMs });
      await this.wait(this.attribute("delay") / 1_000);
    }
  }

  #size(): number {
    const average = this.attribute("average_size");
    if (average === 0) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.round(average + this.attribute("size_variation") * (2 * this.victim.random() - 1)));
  }
}

const stageOf: Readonly<Record<ToxicType, new (toxic: Toxic, victim: Victim) => Stage>> = {
  latency: LatencyStage,
  bandwidth: BandwidthStage,
  timeout: TimeoutStage,
  reset_peer: ResetPeerStage,
  slow_close: SlowCloseStage,
  slicer: SlicerStage,
  limit_data: LimitDataStage,
};

/** Puts a toxic to work on a connection. */
export function makeStage(toxic: Toxic, victim: Victim): Stage {
  return new stageOf[toxic.type](toxic, victim);
}
