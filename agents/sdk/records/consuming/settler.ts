/**
 * Tells main what became of the deliveries of a member: one word at a time, which carries all that has ended meanwhile. A
 * word is repeated until it is answered; until then its deliveries are still in hand. It is said in the name under which
 * they were received, also when the member has another one by then: main knows it as late.
 */
import { failpoint } from '../../../../common/core/failpoint.js';
import { limits } from '../../../../common/core/limits.js';
import type { Input, Output } from '../../../../common/protocol/catalogue.js';
import type { Handled } from './consumer.js';
import type { LogLink } from './log-link.js';

interface Failure {
  readonly id: number;
  readonly number: number;
  readonly code: string;
  readonly message: string;
}

/** What is to be said in one name. */
interface Words {
  readonly member: string;
  readonly done: number[];
  readonly failed: Failure[];
  readonly released: number[];
}

export class Settler {
  stale = 0;
  dead = 0;
  /** Oldest first; a name has one for as long as none came after it. */
  readonly #words: Words[] = [];
  #openCount = 0;
  #toldCount = 0;
  #telling: Promise<void> | undefined;
  #listeners: (() => void)[] = [];

  constructor(
    private readonly link: LogLink,
    private readonly group: string,
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

  settle(member: string, id: number, number: number, outcome: Handled): Handled {
    const { done, failed } = this.#wordsOf(member);
    if (outcome.ok) done.push(number);
    else failed.push({ id, number, ...outcome.error });
    this.#tell(1);
    this.wake();
    return outcome;
  }

  release(member: string, numbers: readonly number[]): void {
    this.#wordsOf(member).released.push(...numbers);
    this.#tell(numbers.length);
  }

  /** A word without content. */
  sign(member: string): void {
    if (this.#telling === undefined)
      void this.link.ask('group.settle', { group: this.group, member, done: [] }).catch(() => undefined);
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

  #wordsOf(member: string): Words {
    const last = this.#words.at(-1);
    if (last?.member === member) return last;
    const words = { member, done: [], failed: [], released: [] };
    this.#words.push(words);
    return words;
  }

  #tell(count: number): void {
    this.#toldCount += count;
    this.#telling ??= this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    // What ends in the same turn belongs into the same word.
    await new Promise(setImmediate);
    for (let [words] = this.#words; words !== undefined; [words] = this.#words) {
      const { member } = words;
      const [done, failed, released] = [
        words.done.splice(0, limits.groupFetchMax),
        words.failed.splice(0, limits.groupFetchMax),
        words.released.splice(0, limits.groupFetchMax),
      ];
      const count = done.length + failed.length + released.length;
      if (count === 0) {
        this.#words.shift();
        continue;
      }
      await this.#say({ member, done, failed, released });
      this.#openCount -= count;
      this.#toldCount -= count;
      this.wake();
    }
    this.#telling = undefined;
  }

  async #say({ member, done, failed, released }: Words): Promise<void> {
    const word: Input<'group.settle'> = {
      group: this.group,
      member,
      done,
      ...(failed.length === 0 ? {} : { failed: failed.map(({ number, code, message }) => [number, code, message]) }),
      ...(released.length === 0 ? {} : { released }),
    };
    try {
      failpoint('settler.sending');
      const answer = await this.link.insist('group.settle', word);
      failpoint('settler.answered');
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
