import type { ConnectPhases } from "./transport.ts";

/** The course of opening one connection, as its socket's events tell it: name lookup, TCP, TLS. */
export class Opening implements ConnectPhases {
  dnsUs: number | null = null;
  tcpUs = 0;
  tlsUs: number | null = null;
  /** The first part of the error key where it fails now. */
  phase: "connect" | "tls" = "connect";
  #sinceUs: number;

  constructor(nowUs: number) {
    this.#sinceUs = nowUs;
  }

  /** The name was looked up. Told once for each of its addresses, all at the same time. */
  found(nowUs: number): void {
    if (this.dnsUs === null) this.dnsUs = this.#lap(nowUs);
  }

  /** TCP is up. With several addresses, those tried in vain are in `tcpUs`. */
  connected(nowUs: number): void {
    this.tcpUs = this.#lap(nowUs);
    this.phase = "tls";
  }

  /** The TLS handshake is done. */
  secured(nowUs: number): void {
    this.tlsUs = this.#lap(nowUs);
  }

  #lap(nowUs: number): number {
    const lapUs = nowUs - this.#sinceUs;
    this.#sinceUs = nowUs;
    return lapUs;
  }
}
