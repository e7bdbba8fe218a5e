/** A request in hand without a server: nobody cancels it unless the test does (`abandon`), and what it puts is kept. */
import { limits } from '../../common/core/limits.js';
import type { RequestMeta } from '../../common/protocol/envelope.js';
import { IncomingRequest } from '../../common/wire/incoming-request.js';

export function fakeRequest(
  method: string,
  body: unknown,
  meta: RequestMeta = {},
  put: Buffer[] = [],
): IncomingRequest {
  const peer = { id: Buffer.from('tester'), plain: false, key: 'tester' };
  const envelope = { kind: 'request', id: 1, method, body, meta } as const;
  return new IncomingRequest(peer, envelope, {
    frameBytesMax: limits.callFrameBytesMax,
    disconnectCount: 0,
    watch: () => undefined,
    put: (_request, bytes) => void put.push(bytes),
    expect: (source) => setImmediate(() => source.flush()),
  });
}
