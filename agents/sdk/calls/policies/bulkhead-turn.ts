/** A call's place before a bulkhead: it comes to its turn, or gives it up before; whichever is first. */
export class BulkheadTurn {
  readonly #gone = new AbortController();
  #come: () => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;
  #hasCome = false;
  readonly coming = new Promise<void>((resolve, reject) => {
    this.#come = resolve;
    this.#fail = reject;
  });

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  come(): void {
    this.#hasCome = true;
    this.#come();
  }

  giveUp(why: unknown): void {
    if (this.#hasCome) return;
    this.coming.catch(() => undefined); // nobody may be waiting for it any more
    this.#gone.abort();
    this.#fail(why);
  }
}
