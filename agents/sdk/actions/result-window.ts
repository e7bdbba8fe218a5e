/**
 * What an agent remembers of calls that bear an idempotency key, so that a repeat does not run again. Pure.
 *
 * W1  Of one name (action and key) at most one call runs; a repeat joins it while it runs, and gets its answer afterwards.
 * W2  A repeat with another input is a conflict: one of the two is a mistake, and nobody but the caller knows which.
 * W3  An answer is remembered for `windowMs` after the call ended. The answers that are oldest are forgotten earlier, when
 *     there are more than `keysMax` or more than `bytesMax` of them. A repeat that comes after that runs anew.
 * W4  A call that runs is never forgotten: when `keysMax` of them do, the next is refused.
 * W5  A call that did not run leaves nothing behind: its key is free again.
 */
export interface ResultWindowOptions {
  readonly windowMs: number;
  readonly keysMax: number;
  readonly bytesMax: number;
}

/** `digest` tells the input. */
interface Running<Run> {
  readonly digest: string;
  readonly run: Run;
}

interface Remembered<Answer> {
  readonly digest: string;
  readonly answer: Answer;
  readonly bytes: number;
  readonly untilMs: number;
}

export type Claim<Run, Answer> =
  /** It is this run's to do; what came of it is to be told with `settle` or `forget`. */
  | { readonly kind: 'run' }
  | { readonly kind: 'join'; readonly run: Run }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'full' };

export class ResultWindow<Run, Answer> {
  readonly #running = new Map<string, Running<Run>>();
  /** In the order they ended: the oldest is first. */
  readonly #remembered = new Map<string, Remembered<Answer>>();
  #bytes = 0;

  constructor(private readonly options: ResultWindowOptions) {}

  get runningCount(): number {
    return this.#running.size;
  }

  get rememberedCount(): number {
    return this.#remembered.size;
  }

  /** Of what is remembered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A call that bears a key has come; `run` is what a repeat of it joins. */
  claim(name: string, digest: string, run: Run, nowMs: number): Claim<Run, Answer> {
    this.prune(nowMs);
    const running = this.#running.get(name);
    if (running !== undefined) {
      return running.digest === digest ? { kind: 'join', run: running.run } : { kind: 'conflict' };
    }
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) {
      return remembered.digest === digest ? { kind: 'answer', answer: remembered.answer } : { kind: 'conflict' };
    }
    if (this.#running.size >= this.options.keysMax) return { kind: 'full' };
    this.#running.set(name, { digest, run });
    return { kind: 'run' };
  }

  /** It ran, and this is what its repeats are told. */
  settle(name: string, answer: Answer, bytes: number, nowMs: number): void {
    const running = this.#running.get(name);
    if (running === undefined) return;
    this.#running.delete(name);
    this.#remembered.set(name, { digest: running.digest, answer, bytes, untilMs: nowMs + this.options.windowMs });
    this.#bytes += bytes;
    this.prune(nowMs);
  }

  /** It did not run, or may run again without harm: a repeat does. */
  forget(name: string): void {
    this.#running.delete(name);
  }

  /** Lets go of what is out of its time or of the bounds. */
  prune(nowMs: number): void {
    const { keysMax, bytesMax } = this.options;
    for (const [name, { untilMs, bytes }] of this.#remembered) {
      const isOver = this.#running.size + this.#remembered.size > keysMax || this.#bytes > bytesMax;
      if (nowMs < untilMs && !isOver) return;
      this.#remembered.delete(name);
      this.#bytes -= bytes;
    }
  }
}
