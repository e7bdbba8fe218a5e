/**
 * Tells main what became of the deliveries of one member: one word at a time, which carries all that has ended meanwhile. A
 * word is repeated until it is answered; until then its deliveries are still in hand.
 */

import { limits } from '../../../common/core/limits.js';
import type { Input, Output } from '../../../common/protocol/catalogue.js';
import type { Handled } from './consumer.js';
import type { LogLink } from './log-link.js';

interface Membership {
  readonly group: string;
  readonly member: string;
}

interface Failure {
  readonly id: number;
  readonly number: number;
  readonly code: string;
  readonly message: string;
}

export class Settler {
  stale = 0;
  dead = 0;
  #done: number[] = [];
  #failed: Failure[] = [];
  #released: number[] = [];
  #openCount = 0;
  #toldCount = 0;
  #telling: Promise<void> | undefined;
  #listeners: (() => void)[] = [];

  constructor(
    private readonly link: LogLink,
    private readonly membership: Membership,
    private readonly onDead: (id: number, message: string) => void,
  ) {}

  /** Deliveries in hand: not handled, or not confirmed yet. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Of these: handled, and not confirmed yet. */
  get toldCount(): number {
    return this.#toldCount;
  }

  open(count: number): void {
    this.#openCount += count;
  }

  settle(id: number, number: number, outcome: Handled): Handled {
    if (outcome.ok) this.#done.push(number);
    else this.#failed.push({ id, number, ...outcome.error });
    this.#tell(1);
    this.wake();
    return outcome;
  }

  release(numbers: readonly number[]): void {
    this.#released.push(...numbers);
    this.#tell(numbers.length);
  }

  /** A word without content. */
  sign(): void {
    if (this.#telling === undefined)
      void this.link.ask('group.settle', { ...this.membership, done: [] }).catch(() => undefined);
  }

  /** Resolves when something was handled or confirmed, or somebody wakes it. */
  progress(): Promise<void> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  wake(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  /** Resolves when everything that has ended is confirmed. */
  async idle(): Promise<void> {
    await this.#telling;
  }

  #tell(count: number): void {
    this.#toldCount += count;
    this.#telling ??= this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    // What ends in the same turn belongs into the same word.
    await new Promise(setImmediate);
    while (this.#done.length + this.#failed.length + this.#released.length > 0) {
      const done = this.#done.splice(0, limits.groupFetchMax);
      const failed = this.#failed.splice(0, limits.groupFetchMax);
      const released = this.#released.splice(0, limits.groupFetchMax);
      await this.#say(done, failed, released);
      const count = done.length + failed.length + released.length;
      this.#openCount -= count;
      this.#toldCount -= count;
      this.wake();
    }
    this.#telling = undefined;
  }

  async #say(done: number[], failed: readonly Failure[], released: number[]): Promise<void> {
    const word: Input<'group.settle'> = {
      ...this.membership,
      done,
      ...(failed.length === 0 ? {} : { failed: failed.map(({ number, code, message }) => [number, code, message]) }),
      ...(released.length === 0 ? {} : { released }),
    };
    try {
      const answer = await this.link.insist('group.settle', word);
      if (answer !== undefined) this.#onAnswer(answer, failed);
    } catch {
      // Refused for good: main does not take words of this kind, and delivers these again.
      this.stale += done.length + failed.length;
    }
  }

  #onAnswer({ stale, dead }: Output<'group.settle'>, failed: readonly Failure[]): void {
    this.stale += stale;
    this.dead += dead.length;
    for (const id of dead) this.onDead(id, failed.find((failure) => failure.id === id)?.message ?? '');
  }
}
