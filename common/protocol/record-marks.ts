/**
 * What a record may bear beside its body: the trace of the call that it belongs to, and where its body is when that is a
 * file. Both travel in one map at the end of the record's tuple, and only where there is something to say: a record
 * without marks costs nothing, and is what it was before there were any.
 */
import { type Static, type TSchema, Type } from './type.js';

/** The trace id of a W3C traceparent: what the calls, records and errors of one piece of work have in common. */
export const TraceId = Type.String({ pattern: '^[0-9a-f]{32}$', maxLength: 32 });
/** `<sha256 in hex>/<bytes>`: a body by its content, never by a path. */
export const BodyRef = Type.String({ pattern: '^[0-9a-f]{64}/[1-9][0-9]{0,14}$', maxLength: 80 });

const RecordMarks = Type.Object(
  { trace: Type.Optional(TraceId), ref: Type.Optional(BodyRef) },
  { additionalProperties: false },
);
type RecordMarks = Static<typeof RecordMarks>;

type Marked<Items extends TSchema[]> = [...{ [Index in keyof Items]: Static<Items[Index]> }, marks?: RecordMarks];

/** A record on the wire: its fields in order, and its marks where it has any. */
export const MarkedTuple = <Items extends TSchema[]>(items: [...Items]) =>
  Type.Unsafe<Marked<Items>>(Type.Union([Type.Tuple(items), Type.Tuple([...items, RecordMarks])]));

/** The marks of a record as they travel; undefined for none. */
export function marksOf({ trace, ref }: { readonly trace: string; readonly ref: string }): RecordMarks | undefined {
  if (trace === '' && ref === '') return undefined;
  return { ...(trace === '' ? {} : { trace }), ...(ref === '' ? {} : { ref }) };
}

/** The trace id in a `traceparent`; empty when there is none that can be one. */
export function traceIdOf(traceparent: string | undefined): string {
  const [, id = ''] = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? '') ?? [];
  return /^0*$/.test(id) ? '' : id;
}
