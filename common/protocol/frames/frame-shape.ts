/**
 * The shape of MessagePack bytes, walked before anything is decoded: whole values only, none deeper or with more maps,
 * arrays and keys than the limits, no extension but the timestamp. A few bytes can ask a decoder for gigabytes, for
 * compiled code or for the whole stack; here they are refused at the price of reading their headers.
 * Pure, iterative, allocates nothing.
 */
import { limits } from '../../core/limits.js';

/** What may be wrong with the bytes, as the rest of a sentence; undefined when they may be decoded. */
export type ShapeFault = string | undefined;

/** Values still to come in each container around the present one; those of a map are negative. Shared: a walk never waits. */
const around = new Int32Array(limits.frameDepthMax);

/**
 * @param valuesMax values that may stand back to back.
 * @param reserve levels and items kept free: a body is wrapped in an envelope before it is read.
 */
export function shapeFaultOf(bytes: Uint8Array, valuesMax: number, reserve = 0): ShapeFault {
  const end = bytes.length;
  let at = 0;
  let values = 0;
  let items = reserve;
  let depth = 0;
  /** Values still to come in the present container; in a map a key comes next when it is even. */
  let left = 0;
  let inMap = false;
  for (;;) {
    while (left === 0 && depth > 0) {
      const outer = around[--depth] ?? 0;
      inMap = outer < 0;
      left = inMap ? -outer - 1 : outer;
    }
    if (depth === 0) {
      if (at === end) return values === 0 ? 'there are no bytes' : undefined;
      if (++values > valuesMax) return `more than ${valuesMax} values`;
      left = 1;
      inMap = false;
    }
    if (at >= end) return ENDS_EARLY;
    const token = byteAt(bytes, at++);
    if (inMap && (left & 1) === 0 && !isKey(token)) return 'a key that is neither a string nor a whole number';
    left--;
    if (token < 0x80 || token >= 0xe0) continue;
    if (token >= 0xa0 && token < 0xdc) {
      at += token < 0xc0 ? token & 0x1f : sizeOf(bytes, token, at);
      if (at > end) return ENDS_EARLY;
      if (at < 0) return `a value of type 0x${token.toString(16)}, which is not part of the protocol`;
      continue;
    }
    const map = token < 0x90 || token >= 0xde;
    let count = token & 0x0f;
    if (token >= 0xdc) {
      const wide = (token & 1) === 1;
      count = wide ? uint32At(bytes, at) : uint16At(bytes, at);
      at += wide ? 4 : 2;
    }
    const children = map ? count * 2 : count;
    // Each value takes a byte at least: a longer promise is a lie, told to make the decoder allocate.
    if (children > end - at) return ENDS_EARLY;
    items += map ? 1 + count : 1;
    if (items > limits.frameItemsMax) return `more than ${limits.frameItemsMax} maps, arrays and keys`;
    if (depth + reserve >= limits.frameDepthMax) return `values nested deeper than ${limits.frameDepthMax}`;
    around[depth++] = inMap ? -left - 1 : left;
    left = children;
    inMap = map;
  }
}

const ENDS_EARLY = 'it ends within a value';
/** More than any frame holds, and small enough that positions stay 32-bit integers, which the compiler likes. */
const HUGE = 0x3fffffff;
/** Takes any position below zero. */
const NOT_ALLOWED = -HUGE;
const TIMESTAMP = 0xff;

/** Bytes after the token of a value that is no container: nil, booleans, binary, extensions, numbers, long strings. */
function sizeOf(bytes: Uint8Array, token: number, at: number): number {
  switch (token) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return 0;
    case 0xc4:
    case 0xd9:
      return 1 + byteAt(bytes, at);
    case 0xc5:
    case 0xda:
      return 2 + uint16At(bytes, at);
    case 0xc6:
    case 0xdb:
      return 4 + uint32At(bytes, at);
    case 0xcc:
    case 0xd0:
      return 1;
    case 0xcd:
    case 0xd1:
      return 2;
    case 0xca:
    case 0xce:
    case 0xd2:
      return 4;
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return 8;
    case 0xd6:
      return byteAt(bytes, at) === TIMESTAMP ? 5 : NOT_ALLOWED;
    case 0xd7:
      return byteAt(bytes, at) === TIMESTAMP ? 9 : NOT_ALLOWED;
    case 0xc7:
      return byteAt(bytes, at) === 12 && byteAt(bytes, at + 1) === TIMESTAMP ? 14 : NOT_ALLOWED;
    default:
      return NOT_ALLOWED;
  }
}

/** Strings and whole numbers; the latter become strings, as in JSON. */
const isKey = (token: number): boolean =>
  token < 0x80 ||
  (token >= 0xa0 && token < 0xc0) ||
  (token >= 0xcc && token <= 0xd3) ||
  (token >= 0xd9 && token <= 0xdb) ||
  token >= 0xe0;

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
const uint16At = (bytes: Uint8Array, at: number): number => (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
/** Lengths from half a gigabyte on are all the same lie. */
const uint32At = (bytes: Uint8Array, at: number): number =>
  byteAt(bytes, at) >= 0x20 ? HUGE >> 1 : (uint16At(bytes, at) << 16) | uint16At(bytes, at + 2);
