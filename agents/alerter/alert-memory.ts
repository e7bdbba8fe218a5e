/**
 * The memory of an alerter as the bytes of a checkpoint, and back. Compressed, and cut where it would not fit all the same:
 * titles go before counts. What cannot be read begins anew, because an alerter that does not start tells nothing at all.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { limits } from '../../common/core/limits.js';
import { decode, encode } from '../../common/protocol/frames/codec.js';
import { compile } from '../../common/protocol/schema.js';
import { type Static, Type } from '../../common/protocol/type.js';
import { type AlertMemory, emptyMemory } from './alert-book.js';

const closed = { additionalProperties: false } as const;
const Entry = Type.Object(
  {
    rule: Type.String(),
    subject: Type.String(),
    title: Type.String(),
    machine: Type.String(),
    agent: Type.String(),
    severity: Type.String(),
    holds: Type.Boolean(),
    isTold: Type.Boolean(),
    sinceMs: Type.Number(),
    lastMs: Type.Number(),
    toldMs: Type.Number(),
    held: Type.Number(),
    total: Type.Number(),
    fromId: Type.Number(),
    window: Type.Array(Type.Tuple([Type.Number(), Type.Number()])),
    why: Type.String(),
  },
  closed,
);
const RuleStanding = Type.Object(
  {
    rule: Type.String(),
    tokens: Type.Number(),
    refilledMs: Type.Number(),
    lastMs: Type.Number(),
    lastState: Type.Enum(['', 'firing', 'still-firing', 'recovered', 'passed', 'test']),
    lastTitle: Type.String(),
  },
  closed,
);
const Memory = Type.Object(
  {
    bornMs: Type.Number(),
    noticeCount: Type.Number(),
    entries: Type.Array(Entry),
    rules: Type.Array(RuleStanding),
    ids: Type.Array(Type.Union([Type.String(), Type.Number()])),
  },
  closed,
);
const memorySchema = compile<Static<typeof Memory>>(Memory);

export function bytesOfMemory(memory: AlertMemory): Uint8Array {
  for (const titleMax of [limits.alertTitleMax, 20, 0]) {
    const bytes = deflateRawSync(encode(withTitles(memory, titleMax)));
    if (bytes.byteLength <= limits.alertMemoryBytesMax) return bytes;
  }
  return deflateRawSync(encode({ ...withTitles(memory, 0), ids: [] }));
}

/** @param nowMs when it is born, where there is nothing to be read */
export function alertMemoryOf(bytes: unknown, nowMs: number): AlertMemory {
  if (!(bytes instanceof Uint8Array)) return emptyMemory(nowMs);
  try {
    const value = decode(inflateRawSync(bytes, { maxOutputLength: limits.alertMemoryBytesMax * 64 }));
    return memorySchema.accepts(value) ? value : emptyMemory(nowMs);
  } catch {
    return emptyMemory(nowMs);
  }
}

const withTitles = (memory: AlertMemory, titleMax: number): AlertMemory => ({
  ...memory,
  entries: memory.entries.map((entry) => ({ ...entry, title: entry.title.slice(0, titleMax) })),
});
