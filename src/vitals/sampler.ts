/**
 * The vitals of a run at 1 Hz, taken from outside the target. Reads of /proc are synchronous: they never wait for a disk, and
 * a sample is done within one turn of the event loop, so samples cannot overlap.
 */
import type { Network } from "../model/plan.ts";
import { signals, type VitalSample } from "../model/vitals.ts";
import { MachineSampler, type MachineOptions } from "./machine-sampler.ts";
import { vitalsPlatform, type VitalsPlatform } from "./platform.ts";
import { readingsOf, type Reading } from "./reading.ts";
import { Scraper, scrapeReadings, type Scrape } from "./scrape.ts";

/** Time between two samples. */
export const sampleEveryUs = 1_000_000;

export interface VitalsOptions extends MachineOptions {
  /** Address of the target's metrics page; null: none. */
  readonly scrapeUrl: string | null;
  /** How the metrics page is reached. Default: nothing special. */
  readonly network?: Network;
  /** Headers of each scrape: the run's tags. */
  readonly tags: Readonly<Record<string, string>>;
  /** Metrics, by name, that are kept however long the page is. Default: none. */
  readonly watchedMetrics?: ReadonlySet<string>;
  emit(sample: VitalSample): void;
  /** A sentence, once each: what cannot be sampled here, why a scrape failed. */
  warn?(text: string): void;
  /** This machine, unless a test says otherwise. */
  readonly platform?: VitalsPlatform;
}

/**
 * When to sample next: the first whole second that is at least half a second away. A sample that comes late, because our own
 * thread was busy, thus skips the next rather than cover so short a time that ticks of 10 ms say nothing.
 */
export function nextSampleUs(nowUs: number): number {
  return Math.ceil(nowUs / sampleEveryUs + 0.5) * sampleEveryUs;
}

export class VitalsSampler {
  readonly #options: VitalsOptions;
  readonly #platform: VitalsPlatform;
  readonly #machine: MachineSampler | null;
  readonly #scraper: Scraper | null;
  readonly #warned = new Set<string>();
  #scraping: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #dueUs = 0;
  #stopped = false;

  constructor(options: VitalsOptions) {
    this.#options = options;
    this.#platform = options.platform ?? vitalsPlatform();
    this.#machine = this.#platform.available ? new MachineSampler(options, this.#platform.exactThreadTimes) : null;
    this.#scraper = options.scrapeUrl === null ? null : new Scraper(options.scrapeUrl, options.tags, options.network);
  }

  /** Takes a first sample, the base of all differences, then one at each whole second of the run's clock. */
  start(): void {
    for (const sentence of this.#platform.sentences) this.#warn(sentence);
    const nowUs = this.#options.nowUs();
    this.#sample(nowUs);
    this.#schedule(nextSampleUs(nowUs));
  }

  /** No sample is emitted after this has been called; a scrape under way is broken off. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stopped = true;
    await this.#scraper?.close();
    await this.#scraping;
  }

  #schedule(dueUs: number): void {
    if (this.#stopped) return;
    this.#dueUs = dueUs;
    // One millisecond late rather than early: a timer that fires early would put two samples into one second and none into the next.
    const delayMs = Math.ceil((dueUs - this.#options.nowUs()) / 1_000) + 1;
    this.#timer = setTimeout(() => this.#tick(), delayMs).unref();
  }

  #tick(): void {
    const nowUs = this.#options.nowUs();
    const nextUs = nextSampleUs(nowUs);
    const skipped = (nextUs - this.#dueUs) / sampleEveryUs - 1;
    if (skipped > 0) this.#emit(nowUs, readingsOf("generator/main", { [signals.vitalsSkippedCount]: skipped }));
    this.#sample(nowUs);
    this.#schedule(nextUs);
  }

  #sample(t: number): void {
    if (this.#machine !== null) this.#emit(t, this.#machine.sample());
    if (this.#scraper !== null) this.#scraping ??= this.#scrape(t, this.#scraper);
  }

  /** Runs beside the next sample at worst; `#scraping` keeps a second scrape from starting meanwhile. */
  async #scrape(t: number, scraper: Scraper): Promise<void> {
    const scrape = await scraper.scrape();
    this.#scraping = null;
    if (this.#stopped) return;
    this.#emit(t, scrapeReadings(scrape, this.#options.watchedMetrics));
    for (const text of scrapeWarnings(scrape)) this.#warn(text);
  }

  #emit(t: number, readings: readonly Reading[]): void {
    for (const reading of readings) this.#options.emit({ t: Math.round(t), ...reading });
  }

  /** Once per sentence: the set holds as many as there are ways for a scrape to fail. */
  #warn(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#options.warn?.(text);
  }
}

function scrapeWarnings(scrape: Scrape): string[] {
  if (!scrape.up) return [scrape.reason];
  const { malformed, left } = scrape.page;
  return [
    ...(malformed > 0 ? ["the metrics page has lines that are no Prometheus text; they are left out"] : []),
    ...(left > 0 ? ["the metrics page has more series than are read; the rest is left out"] : []),
  ];
}
