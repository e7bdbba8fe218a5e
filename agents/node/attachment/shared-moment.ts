/**
 * One moment for answers that nobody is in a hurry for: whoever asks within `everyMs` gets the same one. Answers that leave
 * together wake the sockets' thread once; one by one, the words of a hundred agents would cost a node a third more.
 */
import { delay } from '../../../common/core/clock.js';

export class SharedMoment {
  #coming: Promise<void> | undefined;

  constructor(private readonly everyMs: number) {}

  /** The next one. */
  next(): Promise<void> {
    this.#coming ??= delay(this.everyMs).then(() => {
      this.#coming = undefined;
    });
    return this.#coming;
  }
}
