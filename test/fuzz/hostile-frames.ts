/** Messages that a broken or hostile peer might send, drawn from a seed: the same seed gives the same messages. */
import { catalogue, type MethodName } from '../../common/protocol/catalogue.js';
import { encode } from '../../common/protocol/frames/codec.js';
import {
  encodeCancel,
  encodeCredit,
  encodeError,
  encodeItems,
  encodeReply,
  encodeRequest,
  encodeSay,
} from '../../common/protocol/frames/envelope.js';
import { harmlessBytes, refusedBytes } from '../protocol/hostile-bytes.js';
import { eventBytes } from '../support/fakes/event-bytes.js';
import { misfitsOf, plainSchema, sampleOf } from '../support/fakes/schema-values.js';
import type { Random } from '../support/random.js';

/** Yields and listens: the server of the fuzzer has it beside the methods of the catalogue. */
export const STREAM_METHOD = 'fuzz.stream';
/** Frames beyond this size are left to the tests of sizes: here it is their number that counts. */
const FRAME_BYTES_MAX = 16_384;
const methods = Object.keys(catalogue) as MethodName[];

/** Requests as they should be, without and with their optional fields. */
const valid = methods.flatMap((method) =>
  [false, true].map((full) => encodeRequest(1, method, sampleOf(plainSchema(catalogue[method].input), full))),
);
/** Requests whose body does not fit, in every way that the schemas know. */
const misfits = methods.flatMap((method) =>
  [...misfitsOf(plainSchema(catalogue[method].input))].flatMap(([, body]) => smallRequest(method, body)),
);
const oddBytes = [...refusedBytes, ...harmlessBytes].map(({ bytes }) => bytes).filter(isSmall);

export class HostileFrames {
  constructor(private readonly random: Random) {}

  /** The parts of the next message. */
  next(): Buffer[] {
    const frame = this.#frame();
    switch (this.random.between(0, 11)) {
      case 0:
        return [EMPTY];
      case 1:
        return [EMPTY, EMPTY];
      case 2:
        return [frame, this.#frame()];
      case 3:
        return [EMPTY, frame, this.#frame()];
      case 4:
        return Array.from({ length: this.random.between(3, 40) }, () => this.#pick(valid));
      case 5:
      case 6:
        return [EMPTY, frame];
      default:
        return [frame];
    }
  }

  #frame(): Buffer {
    switch (this.random.between(0, 11)) {
      case 10:
        return this.#stream();
      case 11:
        return this.#flipped(this.#stream());
      case 0:
        return this.#noise(this.random.between(0, 400));
      case 1:
        return this.#flipped(this.#pick(valid));
      case 2:
        return this.#cut(this.#pick(valid));
      case 3:
        return Buffer.concat([this.#pick(valid), this.#cut(this.#pick(valid))]);
      case 4:
        return Buffer.concat(Array.from({ length: this.random.between(1, 60) }, () => this.#pick(valid)));
      case 5:
        return this.#pick(misfits);
      case 6:
        return this.#envelope();
      case 7:
        return this.#pick(oddBytes);
      case 8:
        return this.#flipped(Buffer.concat([this.#pick(valid), this.#pick(misfits)]));
      default:
        return this.#pick(valid);
    }
  }

  /** An array that looks like an envelope, with odd things in the places that matter. */
  #envelope(): Buffer {
    switch (this.random.between(0, 3)) {
      case 0:
        return encodeReply(this.random.between(0, 9), 'unasked');
      case 1:
        return encodeError(this.random.between(0, 9), { code: 'INTERNAL', message: 'unasked' });
      case 2:
        return eventBytes('nobody@nowhere#1', 1, 0, ['unheard']);
      default:
        return encode(Array.from({ length: this.random.between(0, 8) }, () => this.#pick(ODD)));
    }
  }

  /** What belongs to streams, in any order, of a few numbers that come again and again. */
  #stream(): Buffer {
    return Buffer.concat(Array.from({ length: this.random.between(1, 12) }, () => this.#streamPart()));
  }

  #streamPart(): Buffer {
    const id = this.random.between(0, 3);
    switch (this.random.between(0, 7)) {
      case 0:
      case 1:
        return encodeRequest(id, STREAM_METHOD, {}, { credit: this.#pick([1, 2, 64, 1e9]) });
      case 2:
        return encodeRequest(id, 'mesh.ping', {}, { credit: 1 });
      case 3:
        return encodeCancel(id);
      case 4:
        return encodeSay(id, this.#pick(ODD));
      case 5:
        return encodeItems(id, 1, [encode(1)]);
      case 6:
        return encodeRequest(id, STREAM_METHOD, {});
      default:
        return encodeCredit(id, this.#pick([1, 2, 1e9]));
    }
  }

  #noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.random.between(0, 255)));
  }

  #flipped(frame: Buffer): Buffer {
    const flipped = Buffer.from(frame);
    for (let flips = this.random.between(1, 8); flips > 0; flips--) {
      const at = this.random.between(0, flipped.length - 1);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << this.random.between(0, 7));
    }
    return flipped;
  }

  #cut(frame: Buffer): Buffer {
    return frame.subarray(0, this.random.between(0, frame.length));
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.random.between(0, from.length - 1)] as T;
  }
}

const EMPTY = Buffer.alloc(0);
const ODD: readonly unknown[] = [
  0,
  1,
  1,
  1,
  2,
  4,
  5,
  6,
  7,
  8,
  -1,
  1.5,
  Number.NaN,
  2n ** 63n,
  null,
  true,
  '',
  'mesh.ping',
  'mesh.pong',
  'constructor',
  'x'.repeat(300),
  [],
  {},
  [[[[]]]],
  { __proto__: null },
  Buffer.alloc(5),
  new Date(0),
];

/** None when it is too large, or holds what our own encoder refuses. */
function smallRequest(method: string, body: unknown): Buffer[] {
  try {
    return [encodeRequest(2, method, body)].filter(isSmall);
  } catch {
    return [];
  }
}

function isSmall(bytes: Buffer): boolean {
  return bytes.length <= FRAME_BYTES_MAX;
}
