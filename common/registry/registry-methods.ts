/**
 * What a registry answers on the wire, the same at the broker and at every node: list, find, and the watch that is held
 * open until something changes. `apply` is how events reach the pure core: with the moment, and waking the watchers.
 */
import { type Clock, type Moment, momentOf } from '../core/clock.js';
import type { Input, Output } from '../protocol/catalogue.js';
import type { RegistryRows } from './rows.js';
import { Waiters } from './waiters.js';

export class RegistryMethods {
  readonly waiters = new Waiters();

  constructor(
    private readonly rows: RegistryRows,
    private readonly clock: Clock,
  ) {}

  readonly handlers = {
    'registry.list': (): Output<'registry.list'> => this.rows.list(this.clock.monotonicMs()),
    'registry.find': (filter: Input<'registry.find'>): Output<'registry.find'> => ({
      agents: this.rows.find(filter, this.clock.monotonicMs()),
    }),
    'registry.watch': (input: Input<'registry.watch'>): Promise<Output<'registry.watch'>> => this.#watch(input),
  };

  /** Runs one event of the core at this moment; if it changed a row, all watches are answered. */
  apply<T>(event: (now: Moment) => T): T {
    const { revision } = this.rows;
    try {
      return event(momentOf(this.clock));
    } finally {
      if (this.rows.revision !== revision) this.waiters.notify();
    }
  }

  /** Answers every watch that is held open. Idempotent. */
  close(): void {
    this.waiters.close();
  }

  async #watch({ waitMs = 0, ...since }: Input<'registry.watch'>): Promise<Output<'registry.watch'>> {
    const deadlineMs = this.clock.monotonicMs() + waitMs;
    for (let isWoken = true; ; ) {
      const nowMs = this.clock.monotonicMs();
      const update = this.rows.watch(since, nowMs);
      if (update !== undefined) return update;
      if (!isWoken) return { epoch: this.rows.epoch, revision: this.rows.revision };
      isWoken = await this.waiters.wait(deadlineMs - nowMs);
    }
  }
}
