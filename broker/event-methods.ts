/** What the broker of a machine answers for events: what publishers want kept, and what late joiners ask for. */
import { assertPattern, assertTopic, topicMatcher } from '../common/protocol/topic.js';
import type { MethodHandlers } from '../common/wire/answering/method-table.js';
import { KeptValues } from './kept-values.js';
import { named } from './process-methods.js';

export class EventMethods {
  readonly #kept = new KeptValues();

  /** @param epoch of this broker: the revisions of another one mean nothing here. */
  constructor(private readonly epoch: number) {}

  readonly handlers: MethodHandlers = {
    'events.keep': ({ publisher, values }) => {
      for (const [topic] of values) assertTopic(topic);
      // Copied: a small body must not hold on to the frame that it came in.
      for (const [topic, seq, tsMs, body] of values)
        this.#kept.keep({ topic, publisher, seq, tsMs, body: Uint8Array.from(body) });
      return {};
    },
    'events.last': ({ pattern, epoch, after = 0 }) => {
      assertPattern(pattern);
      const { values, revision, more } = this.#kept.since(epoch === this.epoch ? after : 0, topicMatcher(pattern));
      return {
        epoch: this.epoch,
        revision,
        more,
        values: values.map(({ topic, publisher, seq, tsMs, body }) => [topic, publisher, seq, tsMs, body]),
      };
    },
  };

  get counters(): Record<string, number> {
    return named('events', { ...this.#kept.counters, kept: this.#kept.count, keptBytes: this.#kept.bytes });
  }
}
