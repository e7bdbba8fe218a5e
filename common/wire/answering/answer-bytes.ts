/** The answer to a request as bytes, or why it cannot travel: then its requester hears of that instead. */
import { MeshError } from '../../core/errors.js';
import { encodeReply } from '../../protocol/frames/envelope.js';
import type { IncomingRequest } from './incoming-request.js';

/** @throws INVALID_OUTPUT for what MessagePack has no form for, which is a bug of the handler; TOO_LARGE */
export function answerBytes({ id, method, timings }: IncomingRequest, body: unknown, bytesMax: number): Buffer {
  let bytes: Buffer;
  try {
    bytes = encodeReply(id, body ?? {}, timings);
  } catch (error) {
    if (!(error instanceof MeshError)) throw error;
    throw new MeshError('INVALID_OUTPUT', `the answer of ${method} cannot be sent: ${error.message}`);
  }
  if (bytes.length <= bytesMax) return bytes;
  throw new MeshError('TOO_LARGE', `the answer of ${method} is ${bytes.length} bytes; the limit is ${bytesMax}`);
}
