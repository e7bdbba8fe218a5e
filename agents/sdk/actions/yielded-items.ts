/**
 * What an action yields: taken from its generator one by one, checked, and put where it is asked for – on the caller's
 * stream, as fast as that reads, or into one answer for a caller who did not ask for a stream.
 *
 * When nobody takes any more the generator is told with `return`, so that its `finally` runs; a value that its schema
 * refuses ends it the same way.
 */
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { encode } from '../../../common/protocol/frames/codec.js';

/** Takes one value; a promise when the next one has to wait. @throws when there can be no next one */
export type ItemSink = (item: unknown) => Promise<void> | undefined;

/** Resolves to what the generator returns. @throws what it throws, and what `sink` does */
export async function takeItems(items: AsyncIterable<unknown>, sink: ItemSink): Promise<unknown> {
  const iterator = items[Symbol.asyncIterator]();
  for (;;) {
    // Unlike `for await` this sees what the generator returns.
    const { done, value } = await iterator.next();
    if (done === true) return value;
    try {
      const room = sink(value);
      if (room !== undefined) await room;
    } catch (error) {
      await iterator.return?.();
      throw error;
    }
  }
}

/** All items of a call in one place, as many as fit an answer. */
export class CollectedItems {
  readonly items: unknown[] = [];
  #bytes = 0;

  constructor(private readonly title: string) {}

  readonly add = (item: unknown): undefined => {
    this.#bytes += encode(item).length;
    if (this.items.length < limits.streamItemsCollected && this.#bytes <= limits.callFrameBytesMax) {
      this.items.push(item);
      return undefined;
    }
    throw new MeshError(
      'TOO_LARGE',
      `${this.title} yields more than the ${limits.streamItemsCollected} items or ${limits.callFrameBytesMax} bytes that one answer may hold`,
      { hint: 'ask for a stream: its items come one by one' },
    );
  };
}

export const isAsyncIterable = (value: object): value is AsyncIterable<unknown> => Symbol.asyncIterator in value;
