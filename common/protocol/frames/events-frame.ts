/**
 * One frame of events while it is being filled: consecutive events of one publisher on one topic. A body is encoded where it
 * will be sent from, at the moment it is published, because its owner may change it afterwards.
 *
 *   [1, 4, publisher, firstSeq, tsMs, [body, …]]
 */
import { MeshError } from '../../core/errors.js';
import { encode } from './codec.js';
import { EVENTS_KIND, PROTOCOL_VERSION } from './envelope.js';
import { PlainWriter } from './plain-writer.js';

export class EventsFrame {
  count = 0;
  readonly #writer: PlainWriter;
  readonly #countAt: number;
  #adding = false;

  /** @param bytesExpected what is reserved at once: more costs memory while the frame waits, less a copy. */
  constructor(publisher: string, firstSeq: number, tsMs: number, bytesExpected: number) {
    const writer = new PlainWriter(bytesExpected);
    writer.append(HEAD);
    writer.write(publisher);
    writer.write(firstSeq);
    writer.write(tsMs);
    this.#countAt = writer.openList();
    this.#writer = writer;
  }

  /** Of all that is in it. */
  get length(): number {
    return this.#writer.length;
  }

  /** @returns the bytes that the body takes. @throws MeshError INVALID_INPUT: nothing was added */
  add(body: unknown): number {
    const writer = this.#writer;
    const start = writer.length;
    if (this.#adding) throw new MeshError('INVALID_INPUT', 'a body published while it was being encoded itself');
    this.#adding = true;
    try {
      if (!writer.write(body)) writer.append(encode(body));
    } finally {
      this.#adding = false;
    }
    this.count++;
    return writer.length - start;
  }

  /** Takes back the last body that was added. */
  takeBack(bytes: number): void {
    this.#writer.cut(this.#writer.length - bytes);
    this.count--;
  }

  /** What is sent: nothing may be added after it. */
  close(): Buffer {
    this.#writer.setListLength(this.#countAt, this.count);
    return this.#writer.bytes;
  }
}

/** A list of six, and what stands in it first. */
const HEAD = Uint8Array.of(0x96, PROTOCOL_VERSION, EVENTS_KIND);
