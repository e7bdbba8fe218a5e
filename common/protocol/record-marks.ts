/**
 * What a record may bear beside its body: the trace of the call that it belongs to, where its body is when that is a file,
 * and what it is about. They travel in one map at the end of the record's tuple, and only where there is something to say: a record
 * without marks costs nothing, and is what it was before there were any.
 */
import { limits } from '../core/limits.js';
import { type Static, type TSchema, Type } from './type.js';

/** The trace id of a W3C traceparent: what the calls, records and errors of one piece of work have in common. */
export const TraceId = Type.String({ pattern: '^[0-9a-f]{32}$', maxLength: 32 });
/** `<sha256 in hex>/<bytes>`: a body by its content, never by a path. */
export const BodyRef = Type.String({ pattern: '^[0-9a-f]{64}/[1-9][0-9]{0,14}$', maxLength: 80 });

/** What the record is about, or by what a repeat of it is known: a text of its emitter's, without control characters. */
export const RecordKey = Type.String({ minLength: 1, maxLength: limits.recordKeyLengthMax });

const markTypes = { trace: Type.Optional(TraceId), ref: Type.Optional(BodyRef), key: Type.Optional(RecordKey) };
export type Mark = keyof typeof markTypes;
/** What main's log says it takes: one of an older release says less, or nothing. */
export const marks = Object.keys(markTypes) as readonly Mark[];
export const RecordMarks = Type.Object(markTypes, { additionalProperties: false });
type RecordMarks = Static<typeof RecordMarks>;
/** A dedupeKey is between an emitter and its journal, and goes no further. */
export const EmitMarks = Type.Object(
  { ...markTypes, dedupeKey: Type.Optional(RecordKey) },
  { additionalProperties: false },
);

type Marked<Items extends TSchema[], Marks extends TSchema> = [
  ...{ [Index in keyof Items]: Static<Items[Index]> },
  marks?: Static<Marks>,
];

/** A record on the wire: its fields in order, and its marks where it has any. */
export const MarkedTuple = <Items extends TSchema[], Marks extends TSchema>(items: [...Items], itsMarks: Marks) =>
  Type.Unsafe<Marked<Items, Marks>>(Type.Union([Type.Tuple(items), Type.Tuple([...items, itsMarks])]));

/** The marks of a record as they travel; undefined for none. */
export function marksOf({ trace, ref, key }: Required<RecordMarks>): RecordMarks | undefined {
  if (trace === '' && ref === '' && key === '') return undefined;
  return { ...(trace === '' ? {} : { trace }), ...(ref === '' ? {} : { ref }), ...(key === '' ? {} : { key }) };
}

/** The trace id in a `traceparent`; empty when there is none that can be one. */
export function traceIdOf(traceparent: string | undefined): string {
  const [, id = ''] = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? '') ?? [];
  return /^0*$/.test(id) ? '' : id;
}
