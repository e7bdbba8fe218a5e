/** A request in hand without a server: nobody cancels it unless the test does (`abandon`), and what it puts is kept. */
import { systemClock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import type { RequestMeta } from '../../../common/protocol/frames/envelope.js';
import { IncomingRequest } from '../../../common/wire/answering/incoming-request.js';
import type { ReplySource } from '../../../common/wire/answering/reply-queues.js';

export function fakeRequest(
  method: string,
  body: unknown,
  meta: RequestMeta = {},
  put: Buffer[] = [],
): IncomingRequest {
  const peer = { id: Buffer.from('tester'), plain: false, key: 'tester' };
  const envelope = { kind: 'request', id: 1, method, body, meta } as const;
  const port = {
    frameBytesMax: limits.callFrameBytesMax,
    disconnectCount: 0,
    watch: () => undefined,
    put: (_request: IncomingRequest, bytes: Buffer) => void put.push(bytes),
    expect: (source: ReplySource) => void setImmediate(() => source.flush()),
  };
  return new IncomingRequest(peer, envelope, port, systemClock.monotonicMs());
}
