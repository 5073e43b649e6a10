import type { Socket } from "node:net";

/**
 * Bytes that went over the sockets of a transport, both ways, as TCP carried them: heads and TLS included. The sockets count themselves,
 * so that a request costs nothing here; they are asked when somebody wants to know, and when they close.
 */
export class ByteMeter {
  readonly #open = new Set<Socket>();
  #closed = 0;

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => {
      if (this.#open.delete(socket)) this.#closed += bytesOf(socket);
    });
  }

  get total(): number {
    let sum = this.#closed;
    for (const socket of this.#open) sum += bytesOf(socket);
    return sum;
  }
}

function bytesOf({ bytesRead, bytesWritten }: Socket): number {
  return bytesRead + bytesWritten;
}
