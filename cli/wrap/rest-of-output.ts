/**
 * How long somebody goes on reading what a program wrote, after its end: until nothing comes for a while. What it wrote itself
 * lies in the pipe and comes without a pause, however slowly it is taken; what it left running may hold the pipe for ever,
 * silent or not, and is waited for only so long.
 */
import { limits } from '../../common/core/limits.js';

export class RestOfOutput {
  #isInHand = false;
  #takenCount = 0;
  readonly #timers: NodeJS.Timeout[] = [];
  #look: NodeJS.Immediate | undefined;

  /** Something came, and is being taken. */
  came(): void {
    this.#isInHand = true;
  }

  taken(): void {
    this.#isInHand = false;
    this.#takenCount++;
  }

  /** Resolves when the rest is over, counted from now on. */
  over(): Promise<void> {
    return new Promise((resolve) => {
      let seenCount = this.#takenCount;
      const pause = setTimeout(() => {
        // A process that stood still comes to its timers first: what came meanwhile is read in the same turn.
        this.#look = setImmediate(() => {
          if (!this.#isInHand && this.#takenCount === seenCount) return resolve();
          seenCount = this.#takenCount;
          pause.refresh();
        });
      }, limits.wrapRestMs);
      this.#timers.push(pause, setTimeout(resolve, limits.wrapRestMsMax));
    });
  }

  /** Nothing of it keeps the process alive any longer. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    clearImmediate(this.#look);
  }
}
