/** What main's log answers: nodes deliver, anybody reads. */
import { limits } from '../../core/limits.js';
import { LogOpening } from '../log-opening.js';
import {
  Body,
  Count,
  closed,
  Hash,
  JournalId,
  LogRecord,
  MaybeHash,
  method,
  Nothing,
  Stream,
  StreamState,
  Text,
  WaitMs,
} from '../message-parts.js';
import { MarkedTuple, RecordMarks } from '../record-marks.js';
import { Epoch, Name, WallMs } from '../registry-entry.js';
import { Type } from '../type.js';

export const logMessages = {
  'log.hello': method(
    'log',
    'How far main has this journal, and under which hash: what both sides compare before anything is sent.',
    closed({
      machine: Name,
      journalId: JournalId,
      parentId: Type.Optional(
        Type.Union([JournalId, Type.Null()], { description: 'the chain before this one in its file' }),
      ),
    }),
    closed({
      headSeq: Count,
      headHash: MaybeHash,
      siblingId: Type.Optional(
        Type.String({ description: 'another chain after the same parent: the file was restored from a backup' }),
      ),
      marks: Type.Optional(
        Type.Array(Type.String(), {
          description:
            'the marks of records that this log takes; a record with another one has to wait for a newer log',
        }),
      ),
    }),
  ),
  'log.append': method(
    'log',
    'Records of one journal in order, each with its hash; acknowledged after fsync. A known one is compared, never stored twice. A hole names a record its machine lost.',
    closed({
      machine: Name,
      journalId: JournalId,
      previous: MaybeHash,
      entries: Type.Array(
        Type.Union([
          MarkedTuple([Type.Integer({ minimum: 1 }), WallMs, Stream, Name, Epoch, Body, Hash], RecordMarks),
          Type.Tuple([Type.Integer({ minimum: 1 }), MaybeHash, Text]),
        ]),
        { minItems: 1, maxItems: limits.recordBatchMax },
      ),
    }),
    closed({ headSeq: Count }),
  ),
  'log.read': method(
    'log',
    "Records of main's log after an id, as they come; or the last ones.",
    closed({
      stream: Type.Optional(Stream),
      machine: Type.Optional(Name),
      agent: Type.Optional(Name),
      afterId: Type.Optional(Count),
      fromMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          description:
            'instead of `afterId`: from the first record on that was emitted then or later, as the clock of its machine had it',
        }),
      ),
      last: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.logReadMax })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logReadMax })),
      waitMs: WaitMs,
    }),
    closed({
      records: Type.Array(LogRecord),
      nextId: Type.Integer({ minimum: 0, description: 'continue after this id' }),
      epoch: Type.Optional(
        Type.String({
          description:
            'the name of this opening of the log’s file; when it is another than before, `log.openings` says whether ids are still what they were',
        }),
      ),
    }),
  ),
  'log.openings': method(
    'log',
    'Which ids were given out in which opening of the log’s file, oldest first. Whose ids are of an opening that is not among them, or beyond those that it gave out, reads a log that was put back or begun anew: what is behind that place is not what it was.',
    Nothing,
    closed({ openings: Type.Array(LogOpening) }),
  ),
  'log.streams': method(
    'log',
    'The streams that the log knows, in the order of their names: how much it holds of each, and what the fleet says about it.',
    closed({
      after: Type.Optional(
        Type.String({ maxLength: limits.topicLengthMax, description: 'the last one of the answer before' }),
      ),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logReadMax })),
    }),
    closed({ streams: Type.Array(StreamState), more: Type.Boolean() }),
  ),
  'log.query': method(
    'log',
    "Records of main's log by time, stream, machine, agent and trace, newest or oldest first by their arrival, a page at a time. A page may hold less than was asked for: go on with `behindId` until there is no `nextId`.",
    closed({
      sinceMs: Type.Optional(WallMs),
      untilMs: Type.Optional(WallMs),
      stream: Type.Optional(Stream),
      machine: Type.Optional(Name),
      agent: Type.Optional(Name),
      trace: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$', maxLength: 32 })),
      order: Type.Optional(Type.Enum(['newest', 'oldest'])),
      behindId: Type.Optional(Count),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logReadMax })),
    }),
    closed({
      records: Type.Array(LogRecord),
      nextId: Type.Optional(Type.Integer({ minimum: 0, description: 'go on behind this id; absent at the end' })),
    }),
  ),
  'log.status': method(
    'log',
    "Main's log: its journals, their heads, and its size.",
    Nothing,
    closed({
      headId: Count,
      sizeBytes: Count,
      degraded: Type.String(),
      journals: Type.Array(closed({ journalId: JournalId, machine: Name, headSeq: Count })),
    }),
  ),
} as const;
