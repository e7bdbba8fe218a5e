/**
 * Reads plain values from MessagePack: what `PlainWriter` writes, and what most peers send. The bytes are walked once, and
 * that is the check of their shape as well; keys and short texts that came before are not made again. It takes less than
 * half the time of a walk before a general decoder (row `calls` of the bench).
 *
 * It decides nothing: bytes with anything else in them – a timestamp, a 64-bit integer that is no exact number, a key that is
 * no text, too many levels or items, less than was promised – are given back unread, and its caller takes the way through
 * codec.ts, which reads or refuses them and says why. What is read here is what codec.ts would have read.
 */
import { limits } from '../../core/limits.js';

export class PlainReader {
  #bytes: Uint8Array = NOTHING;
  #at = 0;
  #end = 0;
  #items = 0;

  /** All values that stand back to back; undefined when there are none, more than `valuesMax`, or any is not plain. */
  readAll(bytes: Uint8Array, valuesMax: number): unknown[] | undefined {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
    this.#items = 0;
    const values: unknown[] = [];
    try {
      do {
        values.push(this.#value(0));
      } while (this.#at < this.#end && values.length < valuesMax);
      return this.#at === this.#end ? values : undefined;
    } catch {
      return undefined;
    } finally {
      // A frame that nobody holds any more is not held here.
      this.#bytes = NOTHING;
    }
  }

  /** What a length promises is looked for before it is read; the rest of a short number reads as zeros, beyond the end. */
  #value(depth: number): unknown {
    const token = this.#uint8();
    if (token < 0x80) return token;
    if (token < 0x90) return this.#map(token & 0x0f, depth);
    if (token < 0xa0) return this.#list(token & 0x0f, depth);
    if (token < 0xc0) return this.#text(token & 0x1f);
    if (token >= 0xe0) return token - 0x100;
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#binary(this.#uint8());
      case 0xc5:
        return this.#binary(this.#uint16());
      case 0xc6:
        return this.#binary(this.#uint32());
      case 0xd9:
        return this.#text(this.#uint8());
      case 0xda:
        return this.#text(this.#uint16());
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#list(this.#uint16(), depth);
      case 0xdd:
        return this.#list(this.#uint32(), depth);
      case 0xde:
        return this.#map(this.#uint16(), depth);
      case 0xdf:
        return this.#map(this.#uint32(), depth);
      default:
        return this.#number(token);
    }
  }

  #number(token: number): number {
    switch (token) {
      case 0xcb:
        return this.#double();
      case 0xcc:
        return this.#uint8();
      case 0xcd:
        return this.#uint16();
      case 0xce:
        return this.#uint32();
      case 0xcf:
        return this.#uint64();
      case 0xd0:
        return (this.#uint8() << 24) >> 24;
      case 0xd1:
        return (this.#uint16() << 16) >> 16;
      case 0xd2:
        return this.#uint32() | 0;
      default:
        throw NOT_PLAIN;
    }
  }

  #map(count: number, depth: number): Record<string, unknown> {
    this.#expect(count * 2, depth, 1 + count);
    const map: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      map[key] = this.#value(depth + 1);
    }
    return map;
  }

  #list(count: number, depth: number): unknown[] {
    this.#expect(count, depth, 1);
    const list = new Array<unknown>(count);
    for (let i = 0; i < count; i++) list[i] = this.#value(depth + 1);
    return list;
  }

  /** Each value takes a byte at least. */
  #expect(values: number, depth: number, items: number): void {
    this.#items += items;
    if (values > this.#end - this.#at || depth >= DEPTH_MAX || this.#items > limits.frameItemsMax) throw NOT_PLAIN;
  }

  #key(): string {
    const token = this.#uint8();
    const length = token >= 0xa0 && token < 0xc0 ? token & 0x1f : this.#keyLength(token);
    const key = length <= KNOWN_LENGTH_MAX ? this.#knownText(length, knownKeys) : this.#text(length);
    if (key === '__proto__') throw NOT_PLAIN;
    return key;
  }

  #keyLength(token: number): number {
    if (token === 0xd9) return this.#uint8();
    if (token === 0xda) return this.#uint16();
    throw NOT_PLAIN;
  }

  #text(length: number): string {
    if (length <= KNOWN_LENGTH_MAX) return this.#knownText(length, knownTexts);
    const start = this.#take(length);
    return readUtf8(this.#bytes, start, this.#at);
  }

  /** Names of methods and states, keys and the like are the same again and again: to compare is quicker than to make. */
  #knownText(length: number, known: string[]): string {
    const start = this.#take(length);
    if (length === 0) return '';
    const bytes = this.#bytes;
    const middle = byteAt(bytes, start + (length >> 1));
    const slot = (length * 31 + byteAt(bytes, start) * 7 + middle * 5 + byteAt(bytes, this.#at - 1) * 13) & KNOWN_MASK;
    const text = known[slot] ?? '';
    if (text.length === length) {
      let same = 0;
      while (same < length && text.charCodeAt(same) === bytes[start + same]) same++;
      if (same === length) return text;
    }
    const made = readUtf8(bytes, start, this.#at);
    // As many characters as bytes: then each is a byte of ASCII, or one that is wrong and equals none.
    if (made.length === length) known[slot] = made;
    return made;
  }

  #binary(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, this.#at);
  }

  /** @returns where so many bytes begin */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw NOT_PLAIN;
    this.#at = start + length;
    return start;
  }

  #uint8(): number {
    return byteAt(this.#bytes, this.#at++);
  }

  #uint16(): number {
    const at = this.#at;
    this.#at = at + 2;
    return (byteAt(this.#bytes, at) << 8) | byteAt(this.#bytes, at + 1);
  }

  #uint32(): number {
    const high = this.#uint16();
    return ((high << 16) | this.#uint16()) >>> 0;
  }

  #uint64(): number {
    const high = this.#uint32();
    if (high > EXACT_HIGH_MAX) throw NOT_PLAIN;
    return high * 2 ** 32 + this.#uint32();
  }

  #double(): number {
    const at = this.#at;
    // The other way round: numbers stand in a frame with their first byte first, and in the machine with their last.
    for (let i = 0; i < 8; i++) doubleBytes[DOUBLE_FIRST + i * DOUBLE_STEP] = byteAt(this.#bytes, at + i);
    this.#at = at + 8;
    return double[0] ?? 0;
  }
}

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

/**
 * What `buffer.toString` calls once it has checked its arguments, which costs as much again; here they are ours. Node does
 * not promise it, so it is only used where it is there.
 */
const nativeSlice: unknown = Reflect.get(Buffer.prototype, 'utf8Slice');
const readUtf8: (bytes: Uint8Array, start: number, end: number) => string =
  typeof nativeSlice === 'function'
    ? (bytes, start, end) => nativeSlice.call(bytes, start, end)
    : (bytes, start, end) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8', start, end);

const NOTHING = new Uint8Array(0);
/** One for all: what it takes to make an error is not spent on bytes that go the other way. */
const NOT_PLAIN = new Error('not plain');
/** Deeper than anything plain is. */
const DEPTH_MAX = 32;
/** Of a 64-bit number below 2^53. */
const EXACT_HIGH_MAX = 0x1fffff;

/** Longer texts are hardly ever the same, and native code makes them as quickly as they are compared. */
const KNOWN_LENGTH_MAX = 24;
const KNOWN_MASK = 511;
/** Apart, so that texts that never come again do not drive out the keys. */
const knownKeys: string[] = new Array<string>(KNOWN_MASK + 1).fill('');
const knownTexts: string[] = new Array<string>(KNOWN_MASK + 1).fill('');

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const DOUBLE_FIRST = isLittleEndian ? 7 : 0;
const DOUBLE_STEP = isLittleEndian ? -1 : 1;
