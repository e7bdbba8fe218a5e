/**
 * Writes plain values as MessagePack straight into the buffer of a frame: texts, numbers, booleans, nil, binary, lists, and
 * objects without a class. That is what nearly every event is made of, and for it this costs a third of packing each into a
 * buffer of its own, checking it and joining them (row `events` of the bench).
 *
 * It decides nothing: a value with anything else in it – a Date, a Map, a bigint, a class, too many levels – is not begun to
 * be written, and its writer takes the way through codec.ts, which knows them all and refuses what cannot be sent. What is
 * written here is what codec.ts would have written, byte by byte.
 */
import { limits } from '../../core/limits.js';

export class PlainWriter {
  #bytes: Buffer;
  #end = 0;
  #items = 0;

  constructor(bytesFirst: number) {
    this.#bytes = Buffer.allocUnsafe(bytesFirst);
  }

  get length(): number {
    return this.#end;
  }

  /** What was written so far; whoever sends it writes no more. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** What was written from there on. It stays as it is, whatever is written after it. */
  since(start: number): Buffer {
    return this.#bytes.subarray(start, this.#end);
  }

  /** False when the value is not plain: then nothing of it was written. */
  write(value: unknown): boolean {
    const start = this.#end;
    this.#items = 0;
    try {
      if (this.#value(value, 0)) return true;
    } catch {
      // A getter threw: the other way will meet it too, and says so.
    }
    this.#end = start;
    return false;
  }

  /** Takes back what was written from there on. */
  cut(length: number): void {
    this.#end = length;
  }

  /** Bytes that are MessagePack already. */
  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The head of a list whose length is not known yet. @returns where `setListLength` will write it */
  openList(): number {
    this.#reserve(LONG_HEAD);
    this.#bytes[this.#end] = 0xdd;
    this.#end += LONG_HEAD;
    return this.#end - 4;
  }

  setListLength(at: number, length: number): void {
    this.#bytes.writeUInt32BE(length, at);
  }

  #value(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'string':
        this.#text(value);
        return true;
      case 'number':
        this.#number(value);
        return true;
      case 'boolean':
        this.#byte(value ? 0xc3 : 0xc2);
        return true;
      case 'object':
        return value === null ? this.#byte(0xc0) : this.#object(value, depth);
      case 'undefined':
        return this.#byte(0xc0);
      default:
        return false;
    }
  }

  #object(value: object, depth: number): boolean {
    if (depth >= DEPTH_MAX || ++this.#items > ITEMS_MAX) return false;
    const { constructor: kind } = value;
    if (kind === Object) return this.#map(value as Record<string, unknown>, depth);
    if (kind === Array) return this.#list(value as unknown[], depth);
    return kind === Buffer || kind === Uint8Array ? this.#binary(value as Uint8Array) : false;
  }

  #map(map: Record<string, unknown>, depth: number): boolean {
    const keys = Object.keys(map);
    const count = keys.length;
    this.#items += count;
    if (count > 0xffff || this.#items > ITEMS_MAX) return false;
    this.#reserve(LONG_HEAD);
    if (count <= SHORT_MAX) this.#bytes[this.#end++] = 0x80 | count;
    else this.#head(0xde, count);
    for (let i = 0; i < count; i++) {
      const key = keys[i] as string;
      this.#text(key);
      if (!this.#value(map[key], depth + 1)) return false;
    }
    return true;
  }

  #list(list: readonly unknown[], depth: number): boolean {
    const count = list.length;
    if (count > 0xffff) return false;
    this.#reserve(LONG_HEAD);
    if (count <= SHORT_MAX) this.#bytes[this.#end++] = 0x90 | count;
    else this.#head(0xdc, count);
    for (let i = 0; i < count; i++) if (!this.#value(list[i], depth + 1)) return false;
    return true;
  }

  #binary(binary: Uint8Array): boolean {
    const { length } = binary;
    // What usually comes after it finds room too: to grow once more would copy all of it again.
    this.#reserve(LONG_HEAD + length + (length > 0xffff ? AFTER_LONG : 0));
    if (length <= 0xff) {
      this.#bytes[this.#end++] = 0xc4;
      this.#bytes[this.#end++] = length;
    } else if (length <= 0xffff) this.#head(0xc5, length);
    else {
      this.#bytes[this.#end] = 0xc6;
      this.#bytes.writeUInt32BE(length, this.#end + 1);
      this.#end += LONG_HEAD;
    }
    this.#bytes.set(binary, this.#end);
    this.#end += length;
    return true;
  }

  #text(text: string): void {
    const { length } = text;
    // Each of its UTF-16 units takes three bytes at most.
    this.#reserve(LONG_HEAD + length * 3);
    if (length <= LOOP_MAX && this.#ascii(text, length)) return;
    const headLength = length < 0x20 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5;
    const size = writeUtf8(this.#bytes, text, this.#end + headLength);
    const needed = size < 0x20 ? 1 : size < 0x100 ? 2 : size < 0x10000 ? 3 : 5;
    if (needed !== headLength) {
      this.#bytes.copyWithin(this.#end + needed, this.#end + headLength, this.#end + headLength + size);
    }
    this.#textHead(size);
    this.#end += size;
  }

  /** Short texts are mostly ASCII, and then a loop is quicker than the way into native code. */
  #ascii(text: string, length: number): boolean {
    const bytes = this.#bytes;
    const start = this.#end + (length < 0x20 ? 1 : 2);
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[start + i] = unit;
    }
    this.#textHead(length);
    this.#end += length;
    return true;
  }

  #textHead(size: number): void {
    if (size < 0x20) this.#bytes[this.#end++] = 0xa0 | size;
    else if (size < 0x100) {
      this.#bytes[this.#end++] = 0xd9;
      this.#bytes[this.#end++] = size;
    } else if (size < 0x10000) this.#head(0xda, size);
    else {
      this.#bytes[this.#end] = 0xdb;
      this.#bytes.writeUInt32BE(size, this.#end + 1);
      this.#end += LONG_HEAD;
    }
  }

  #number(value: number): void {
    this.#reserve(9);
    const bytes = this.#bytes;
    if (value >>> 0 === value) {
      if (value < 0x80) bytes[this.#end++] = value;
      else if (value < 0x100) {
        bytes[this.#end++] = 0xcc;
        bytes[this.#end++] = value;
      } else if (value < 0x10000) this.#head(0xcd, value);
      else {
        bytes[this.#end++] = 0xce;
        bytes[this.#end++] = value >>> 24;
        bytes[this.#end++] = value >>> 16;
        bytes[this.#end++] = value >>> 8;
        bytes[this.#end++] = value;
      }
    } else if (value >> 0 === value) {
      if (value >= -0x20) bytes[this.#end++] = value;
      else if (value >= -0x80) {
        bytes[this.#end++] = 0xd0;
        bytes[this.#end++] = value;
      } else if (value >= -0x8000) this.#head(0xd1, value);
      else {
        bytes[this.#end] = 0xd2;
        bytes.writeInt32BE(value, this.#end + 1);
        this.#end += 5;
      }
    } else {
      bytes[this.#end] = 0xcb;
      bytes.writeDoubleBE(value, this.#end + 1);
      this.#end += 9;
    }
  }

  /** A token and 16 bits. */
  #head(token: number, value: number): void {
    const bytes = this.#bytes;
    bytes[this.#end++] = token;
    bytes[this.#end++] = value >> 8;
    bytes[this.#end++] = value;
  }

  #byte(token: number): true {
    this.#reserve(1);
    this.#bytes[this.#end++] = token;
    return true;
  }

  #reserve(length: number): void {
    if (this.#end + length > this.#bytes.length) this.#grow(this.#end + length);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}

/**
 * What `Buffer.write` calls once it has checked its arguments, which costs as much again; here they are ours. Node does not
 * promise it, so it is only used where it is there.
 */
const nativeWrite: unknown = Reflect.get(Buffer.prototype, 'utf8Write');
const writeUtf8: (bytes: Buffer, text: string, at: number) => number =
  typeof nativeWrite === 'function'
    ? (bytes, text, at) => nativeWrite.call(bytes, text, at)
    : (bytes, text, at) => bytes.write(text, at);

/** The longest head of a value: a token and 32 bits. */
const LONG_HEAD = 5;
/** The rest of a request. */
const AFTER_LONG = 1_024;
/** Members of a list or map whose head is one byte. */
const SHORT_MAX = 15;
/** From here on native code is quicker. */
const LOOP_MAX = 40;
/** Deeper than anything plain is, and far below the depth at which a value must be refused. */
const DEPTH_MAX = 32;
/** More is refused: whoever refuses it says why. */
const ITEMS_MAX = limits.frameItemsMax / 2;
