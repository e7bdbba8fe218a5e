/** What a node answers about its machine's journal and the errors that are stored in it. */
import { limits } from '../../core/limits.js';
import { ErrorReportInput } from '../errors/error-report.js';
import { Body, Count, closed, Hash, JournalId, JournalStatus, method, Nothing, Stream } from '../message-parts.js';
import { EmitMarks, MarkedTuple, TraceId } from '../record-marks.js';
import { Epoch, Name, WallMs } from '../registry-entry.js';
import { Bytes } from '../schema.js';
import { Type } from '../type.js';

export const recordMessages = {
  'journal.emit': method(
    'node',
    'Durable records, answered after fsync. One batch in flight per emitter; repeated unchanged until answered, it counts once.',
    closed({
      agent: Name,
      epoch: Epoch,
      firstSeq: Type.Integer({ minimum: 1, description: "the emitter's own count of its records" }),
      records: Type.Array(MarkedTuple([Stream, WallMs, Body], EmitMarks), {
        maxItems: limits.recordBatchMax,
        description: 'none, when only the checkpoint moves',
      }),
      checkpoint: Type.Optional(
        closed({ name: Type.String({ maxLength: limits.topicLengthMax }), value: Bytes(limits.checkpointBytesMax) }),
      ),
    }),
    closed({
      journalId: JournalId,
      firstSeq: Type.Integer({ minimum: 1 }),
      hashes: Type.Array(Hash),
      repeats: Type.Optional(
        Type.Array(closed({ index: Count, journalId: JournalId, seq: Type.Integer({ minimum: 1 }), hash: Hash }), {
          description:
            'records of the batch that were stored before under their dedupeKey; the others have the hashes, in order',
        }),
      ),
    }),
  ),
  'journal.checkpoint': method(
    'node',
    'The value that an agent stored together with its last batch under that name.',
    closed({ agent: Name, name: Type.String({ maxLength: limits.topicLengthMax }) }),
    closed({ value: Type.Union([Bytes(limits.checkpointBytesMax), Type.Null()]) }),
  ),
  'journal.status': method(
    'node',
    "The machine's journal: how much is stored, how much main has acknowledged.",
    Nothing,
    JournalStatus,
  ),
  'error.report': method(
    'node',
    'One error, for clients that do not seal records themselves; answered after fsync. It is stored, or counted.',
    closed({ agent: Name, report: ErrorReportInput }),
    closed({
      journalId: JournalId,
      seq: Type.Integer({ minimum: 1, description: 'its record; if it was counted, the last one of its kind' }),
      folded: Type.Optional(Type.Boolean({ description: 'it was counted, and is told as a number' })),
    }),
  ),
  'error.reports': method(
    'node',
    'Errors of one reporter, answered after fsync, each stored or counted. One batch in flight; repeated until answered, it counts once.',
    closed({
      agent: Name,
      epoch: Epoch,
      firstSeq: Type.Integer({ minimum: 1, description: "the reporter's own count of its reports" }),
      reports: Type.Array(closed({ report: ErrorReportInput, tsMs: WallMs, trace: Type.Optional(TraceId) }), {
        minItems: 1,
        maxItems: limits.reportBatchMax,
      }),
    }),
    closed({
      places: Type.Array(
        closed({ journalId: JournalId, seq: Type.Integer({ minimum: 1 }), hash: Hash, folded: Type.Boolean() }),
        { description: 'of each report, in order: see error.report' },
      ),
    }),
  ),
} as const;
