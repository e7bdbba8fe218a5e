/** The consumers of one process: made, counted, and closed together. */
import type { Clock } from '../../../../common/core/clock.js';
import { MeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import type { ConsumeOptions, Consumer, RecordHandler } from './consumer.js';
import { GroupConsumer } from './group-consumer.js';
import { LogConsumer } from './log-consumer.js';
import type { RecordSource } from './log-link.js';

export class Consumers {
  readonly #open = new Set<Consumer>();
  #count = 0;
  #isClosed = false;
  #ended = { handled: 0, failed: 0, redelivered: 0 };

  /** @param name of this incarnation: no other process has it. */
  constructor(
    private readonly source: RecordSource,
    private readonly name: string,
    private readonly clock: Clock,
  ) {}

  get counters(): Record<string, number> {
    const sums = { ...this.#ended };
    for (const { figures } of this.#open) add(sums, figures);
    return {
      consumers: this.#open.size,
      recordsHandled: sums.handled,
      recordHandlersFailed: sums.failed,
      recordsRedelivered: sums.redelivered,
    };
  }

  /** @throws INVALID_INPUT, CLOSED */
  consume(stream: string, handler: RecordHandler, options: ConsumeOptions): Consumer {
    refuse(options);
    // It would look for main for ever, and nobody would end it.
    if (this.#isClosed) throw new MeshError('CLOSED', `nothing of ${stream} is consumed: the mesh was closed`);
    const nowMs = () => this.clock.monotonicMs();
    const { group } = options;
    this.#count += 1;
    const consumer =
      group === undefined
        ? new LogConsumer(stream, handler, options, this.source, nowMs)
        : new GroupConsumer(stream, handler, { ...options, group }, this.source, `${this.name}.${this.#count}`, nowMs);
    this.#open.add(consumer);
    void consumer.ended.then(() => this.#forget(consumer));
    return consumer;
  }

  /** Each settles what it has in hand. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((consumer) => consumer.close()));
  }

  #forget(consumer: Consumer): void {
    this.#open.delete(consumer);
    add(this.#ended, consumer.figures);
  }
}

type Sums = Record<'handled' | 'failed' | 'redelivered', number>;

function add(sums: Sums, figures: Readonly<Sums>): void {
  sums.handled += figures.handled;
  sums.failed += figures.failed;
  sums.redelivered += figures.redelivered;
}

/** What main would refuse later is refused here where this side alone decides. */
function refuse({ group, inFlightMax = 1, ackWaitMs, deliveriesMax, backoff }: ConsumeOptions): void {
  if (!Number.isInteger(inFlightMax) || inFlightMax < 1 || inFlightMax > limits.consumerInFlightMax) {
    throw new MeshError('INVALID_INPUT', `a consumer cannot have ${inFlightMax} records in hand`, {
      hint: `use a whole number from 1 to ${limits.consumerInFlightMax}`,
    });
  }
  if (group !== undefined) return;
  const [name] = Object.entries({ ackWaitMs, deliveriesMax, backoff }).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new MeshError('INVALID_INPUT', `"${name}" is for the members of a group`, {
    hint: 'name a "group": without one nothing is delivered twice',
  });
}
