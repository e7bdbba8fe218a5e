/** A generator as the handler of a stream, and a stream read to its end. */
import type { IncomingRequest } from '../../common/wire/answering/incoming-request.js';
import type { RequestStream } from '../../common/wire/streams/request-stream.js';

/** Puts a generator on the stream of its request, as an action does. */
export const streaming =
  (generate: (request: IncomingRequest) => AsyncGenerator<unknown, unknown>) =>
  async (request: IncomingRequest): Promise<unknown> => {
    if (request.stream === undefined) return 'no stream';
    const items = generate(request);
    for (;;) {
      const { done, value } = await items.next();
      if (done) return value;
      try {
        const left = request.stream.push(value);
        if (left !== undefined) await left;
      } catch (error) {
        await items.return(undefined);
        throw error;
      }
    }
  };

export async function all(stream: RequestStream): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
