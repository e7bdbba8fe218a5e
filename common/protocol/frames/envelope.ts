/**
 * Envelopes: what stands in a frame. Each is a MessagePack array that begins with the protocol version and its kind:
 *
 *   request  [1, 1, id, method, body, meta?]   id: chosen by the requester, returned with the answer
 *   reply    [1, 2, id, body, {queueMs, runMs}?]
 *   error    [1, 3, id, {code, message, hint?, details?}]
 *   events   [1, 4, publisher, firstSeq, tsMs, [body, …]]   consecutive events of one publisher on one topic
 *   cancel   [1, 5, id, {}]                    nobody waits for the answer to request `id` any more
 *   items    [1, 6, id, firstSeq, [item, …]]   consecutive items of the stream that request `id` asked for, from 1
 *   credit   [1, 7, id, count]                 so many more items may come, or so many more bodies may be said
 *   say      [1, 8, id, body]                  from the requester, while the stream runs
 *
 * A frame holds one or more envelopes back to back. A later version may append elements: more than we know are ignored.
 */
import { type ErrorBody, MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { type ReplyTimings, type RequestMeta, readMeta, readTimings } from '../request-meta.js';
import { decodeAll, encode } from './codec.js';
import { encodeShared } from './envelope-slab.js';

export type { RequestMeta };

export const PROTOCOL_VERSION = 1;
const REQUEST = 1;
const REPLY = 2;
const ERROR = 3;
export const EVENTS_KIND = 4;
const CANCEL = 5;
const ITEMS = 6;
const CREDIT = 7;
const SAY = 8;

export interface RequestEnvelope {
  readonly kind: 'request';
  readonly id: number;
  readonly method: string;
  readonly body: unknown;
  readonly meta: RequestMeta;
}
export interface ReplyEnvelope {
  readonly kind: 'reply';
  readonly id: number;
  readonly body: unknown;
  readonly timings?: ReplyTimings;
}
export interface ErrorEnvelope {
  readonly kind: 'error';
  readonly id: number;
  readonly error: { code: string; message: string; hint?: string; details?: Record<string, unknown> };
}
export interface EventsEnvelope {
  readonly kind: 'events';
  /** `agent@machine#epoch`: sequences count per publisher and topic, from 1. */
  readonly publisher: string;
  readonly firstSeq: number;
  /** Wall clock of the publisher. */
  readonly tsMs: number;
  readonly bodies: readonly unknown[];
}
export interface CancelEnvelope {
  readonly kind: 'cancel';
  readonly id: number;
}
export interface ItemsEnvelope {
  readonly kind: 'items';
  readonly id: number;
  /** Number of the first of these in its stream, from 1: a gap is a breach, not a loss. */
  readonly firstSeq: number;
  readonly items: readonly unknown[];
}
export interface CreditEnvelope {
  readonly kind: 'credit';
  readonly id: number;
  readonly count: number;
}
export interface SayEnvelope {
  readonly kind: 'say';
  readonly id: number;
  readonly body: unknown;
}
export type Envelope =
  | RequestEnvelope
  | ReplyEnvelope
  | ErrorEnvelope
  | EventsEnvelope
  | CancelEnvelope
  | ItemsEnvelope
  | CreditEnvelope
  | SayEnvelope;

/** An envelope that cannot be served, with the id its sender waits on when that much could be read. */
export interface RefusedEnvelope {
  readonly kind: 'refused';
  readonly id: number | undefined;
  readonly error: MeshError;
}

export const encodeRequest = (id: number, method: string, body: unknown, meta?: RequestMeta): Buffer =>
  encodeShared(
    meta === undefined
      ? [PROTOCOL_VERSION, REQUEST, id, method, body]
      : [PROTOCOL_VERSION, REQUEST, id, method, body, meta],
  );

export const encodeReply = (id: number, body: unknown, timings?: ReplyTimings): Buffer =>
  encodeShared(
    timings === undefined ? [PROTOCOL_VERSION, REPLY, id, body] : [PROTOCOL_VERSION, REPLY, id, body, timings],
  );

export const encodeCancel = (id: number): Buffer => encodeShared([PROTOCOL_VERSION, CANCEL, id, {}]);

/** `items` are encoded already: each when it is yielded, all that a turn yields as one envelope. */
export const encodeItems = (id: number, firstSeq: number, items: readonly Buffer[]): Buffer =>
  Buffer.concat([
    encode([PROTOCOL_VERSION, ITEMS, id, firstSeq]).fill(ITEMS_HEADER, 0, 1),
    arrayHeader(items.length),
    ...items,
  ]);

/** An array of five: the four elements before the items, and the items. */
const ITEMS_HEADER = 0x95;

export const encodeCredit = (id: number, count: number): Buffer => encodeShared([PROTOCOL_VERSION, CREDIT, id, count]);

export const encodeSay = (id: number, body: unknown): Buffer => encodeShared([PROTOCOL_VERSION, SAY, id, body]);

/** Always yields an envelope that can be sent: details that cannot be encoded, or are too large, stay behind. */
export function encodeError(id: number, body: ErrorBody, bytesMax: number = limits.controlFrameBytesMax): Buffer {
  try {
    const bytes = encode([PROTOCOL_VERSION, ERROR, id, body]);
    if (bytes.length <= bytesMax) return bytes;
  } catch {
    // Their author put something into them that has no form on the wire; the code and the message are what matters.
  }
  const { code, message, hint } = body;
  const cut = (text: string) => text.slice(0, limits.errorTextMax);
  return encode([PROTOCOL_VERSION, ERROR, id, { code, message: cut(message), ...(hint ? { hint: cut(hint) } : {}) }]);
}

/** MessagePack's array 32 header: the elements follow. */
function arrayHeader(length: number): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(0xdd, 0);
  header.writeUInt32BE(length, 1);
  return header;
}

/**
 * All envelopes of a frame, in order; one that is well-formed MessagePack but no envelope of ours comes back as refused,
 * and the others stand.
 * @throws MeshError BAD_FRAME when the bytes are not MessagePack: then nothing in them can be trusted.
 */
export function decodeFrame(frame: Uint8Array): (Envelope | RefusedEnvelope)[] {
  return decodeAll(frame).map(readEnvelope);
}

function readEnvelope(value: unknown): Envelope | RefusedEnvelope {
  if (!Array.isArray(value) || value.length < 4)
    return refuse(undefined, 'BAD_FRAME', 'an envelope is an array of at least 4 elements');
  const [version, kind, third, fourth, fifth, sixth] = value as unknown[];
  const id = Number.isSafeInteger(third) && (third as number) >= 0 ? (third as number) : undefined;
  if (version !== PROTOCOL_VERSION) {
    return refuse(
      id,
      'BAD_VERSION',
      `protocol version ${shown(version)} is not spoken here; this is version ${PROTOCOL_VERSION}`,
    );
  }
  if (kind === EVENTS_KIND) return readEvents(third, fourth, fifth, sixth);
  if (id === undefined) return refuse(undefined, 'BAD_FRAME', 'the id is not a whole number from 0 to 2^53-1');
  switch (kind) {
    case REQUEST:
      if (typeof fourth !== 'string' || fourth.length === 0 || fourth.length > limits.methodLengthMax) {
        return refuse(id, 'BAD_FRAME', `the method is not a string of 1 to ${limits.methodLengthMax} characters`);
      }
      return { kind: 'request', id, method: fourth, body: fifth ?? {}, meta: readMeta(sixth) };
    case REPLY:
      return fifth === undefined ? { kind: 'reply', id, body: fourth } : readReply(id, fourth, fifth);
    case ERROR:
      return { kind: 'error', id, error: readError(fourth) };
    case CANCEL:
      return { kind: 'cancel', id };
    case ITEMS:
      return readItems(id, fourth, fifth);
    case CREDIT:
      return readCredit(id, fourth);
    case SAY:
      return { kind: 'say', id, body: fourth ?? {} };
    default:
      return refuse(id, 'BAD_FRAME', `envelope kind ${shown(kind)} is unknown`);
  }
}

function readEvents(
  publisher: unknown,
  firstSeq: unknown,
  tsMs: unknown,
  bodies: unknown,
): EventsEnvelope | RefusedEnvelope {
  if (typeof publisher !== 'string' || publisher.length > limits.topicLengthMax)
    return refuse(undefined, 'BAD_FRAME', 'the publisher is not a name');
  if (!Number.isSafeInteger(firstSeq) || (firstSeq as number) < 1)
    return refuse(undefined, 'BAD_FRAME', 'the sequence is not a whole number from 1');
  if (typeof tsMs !== 'number' || !Array.isArray(bodies))
    return refuse(undefined, 'BAD_FRAME', 'events carry a time and an array of bodies');
  return { kind: 'events', publisher, firstSeq: firstSeq as number, tsMs, bodies };
}

function readReply(id: number, body: unknown, element: unknown): ReplyEnvelope {
  const timings = readTimings(element);
  return timings === undefined ? { kind: 'reply', id, body } : { kind: 'reply', id, body, timings };
}

function readItems(id: number, firstSeq: unknown, items: unknown): ItemsEnvelope | RefusedEnvelope {
  if (!Number.isSafeInteger(firstSeq) || (firstSeq as number) < 1)
    return refuse(id, 'BAD_FRAME', 'the number of the first item is not a whole number from 1');
  if (!Array.isArray(items)) return refuse(id, 'BAD_FRAME', 'items are an array');
  return { kind: 'items', id, firstSeq: firstSeq as number, items };
}

function readCredit(id: number, count: unknown): CreditEnvelope | RefusedEnvelope {
  if (!Number.isSafeInteger(count) || (count as number) < 1)
    return refuse(id, 'BAD_FRAME', 'credit is not a whole number from 1');
  return { kind: 'credit', id, count: Math.min(count as number, limits.streamCreditMax) };
}

function readError(value: unknown): ErrorEnvelope['error'] {
  const body = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return {
    code: typeof body['code'] === 'string' ? body['code'] : 'INTERNAL',
    message: typeof body['message'] === 'string' ? body['message'] : 'the peer sent an error without a message',
    ...(typeof body['hint'] === 'string' ? { hint: body['hint'] } : {}),
    ...(typeof body['details'] === 'object' && body['details'] !== null
      ? { details: body['details'] as Record<string, unknown> }
      : {}),
  };
}

const refuse = (id: number | undefined, code: 'BAD_FRAME' | 'BAD_VERSION', message: string): RefusedEnvelope => ({
  kind: 'refused',
  id,
  error: new MeshError(code, message, { hint: 'see docs/PROTOCOL.md, "Envelopes"' }),
});

/** A peer's value in an error text: short, and never an object of unknown depth. */
const shown = (value: unknown): string =>
  typeof value === 'number' || typeof value === 'string' ? String(value).slice(0, 40) : typeof value;
