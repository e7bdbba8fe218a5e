/** What the zeromq.js peers send: a socket takes one message at a time, so each waits for the one before. */
import type { Dealer } from 'zeromq';

export class SendQueue {
  readonly #unsent: Uint8Array[] = [];
  #sending = false;

  constructor(private readonly dealer: Dealer) {}

  push(message: Uint8Array): void {
    this.#unsent.push(message);
    if (!this.#sending) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    for (let next = this.#unsent.shift(); next !== undefined; next = this.#unsent.shift()) await this.dealer.send(next);
    this.#sending = false;
  }
}
