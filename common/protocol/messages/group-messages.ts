/** Consumer groups: what main's log answers to those who share a stream, and to those who look after them. */
import { limits } from '../../core/limits.js';
import { Count, closed, LogRecord, method, Nothing, Stream, Text, WaitMs } from '../message-parts.js';
import { Name, WallMs } from '../registry-entry.js';
import { Type } from '../type.js';

/** One process that takes part, as it calls itself; no two processes say the same. */
const Member = Type.String({ minLength: 1, maxLength: limits.topicLengthMax });
const DeliveryNumber = Type.Integer({ minimum: 1, description: 'of one delivery; never used twice' });
const RecordId = Type.Integer({ minimum: 1 });

/** Where a group begins when it is made. */
const From = Type.Union(
  [
    Type.Enum(['start', 'new']),
    closed({ id: RecordId }),
    closed({ timeMs: Type.Integer({ minimum: 0, description: 'as the clocks of the emitting machines had it' }) }),
  ],
  { description: 'where it begins when it is made: the oldest record, the next one, an id, or a time' },
);

const Filter = { machine: Type.Optional(Name), agent: Type.Optional(Name) };

export const GroupState = closed({
  group: Name,
  stream: Stream,
  ...Filter,
  ordered: Type.Boolean(),
  floorId: Type.Integer({ minimum: 0, description: 'up to this id everything is settled' }),
  pending: Type.Integer({
    minimum: 0,
    description: `not settled yet; ${limits.groupLagCounted} stands for more. With a filter: of the next so many records of the stream`,
  }),
  inFlight: Type.Integer({ minimum: 0, description: 'in the hands of members' }),
  retrying: Type.Integer({ minimum: 0, description: 'failed, and waiting for their next delivery' }),
  dead: Count,
  settled: Type.Integer({ minimum: 0, description: 'since the log was opened, as the next two' }),
  redelivered: Count,
  stale: Type.Integer({
    minimum: 0,
    description: 'words about a delivery that was not the latest: they changed nothing',
  }),
  lost: Type.Integer({ minimum: 0, description: 'pruned before they were settled' }),
  members: Type.Array(Member),
});

export const Letter = closed({
  ...LogRecord.properties,
  group: Name,
  deliveries: Count,
  code: Type.String(),
  message: Text,
  diedMs: WallMs,
  replayed: Type.Boolean({ description: 'it is being tried again' }),
});

export const groupMessages = {
  'group.join': method(
    'log',
    'Makes a process a member of a group, and the group when there is none. A group has one stream, filter and order; the rest is as its latest member says.',
    closed({
      group: Name,
      stream: Stream,
      member: Member,
      from: From,
      ...Filter,
      ordered: Type.Optional(Type.Boolean({ description: 'one member at a time, one record after the other' })),
      ackWaitMs: Type.Optional(Type.Integer({ minimum: 100, maximum: limits.groupAckWaitMsMax })),
      deliveriesMax: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.groupDeliveriesMax })),
      backoff: Type.Optional(
        closed({
          firstMs: Type.Integer({ minimum: 1, maximum: limits.groupAckWaitMsMax }),
          maxMs: Type.Integer({ minimum: 1, maximum: limits.groupAckWaitMsMax }),
        }),
      ),
    }),
    closed({
      floorId: Count,
      leaseMs: Type.Integer({
        minimum: 1,
        description: 'a member that says nothing for so long is taken to have gone',
      }),
      epoch: Type.Optional(
        Type.String({ description: 'the name of this opening of the log’s file, as of `log.read`' }),
      ),
    }),
  ),
  'group.fetch': method(
    'log',
    'Records for a member to handle, each with the number of its delivery. NOT_ATTACHED: join again.',
    closed({
      group: Name,
      member: Member,
      max: Type.Integer({ minimum: 1, maximum: limits.groupFetchMax }),
      seen: Type.Optional(
        Type.Integer({
          minimum: 0,
          description:
            'the highest delivery number that the member was ever given: what it was sent beyond that was lost on its way, and is delivered again',
        }),
      ),
      waitMs: WaitMs,
    }),
    closed({
      records: Type.Array(
        closed({
          ...LogRecord.properties,
          delivery: DeliveryNumber,
          attempt: Type.Integer({ minimum: 1, description: '1 when it is delivered for the first time' }),
        }),
      ),
    }),
  ),
  'group.settle': method(
    'log',
    'What became of deliveries; answered when it is stored. With nothing in it, a sign of life.',
    closed({
      group: Name,
      member: Member,
      done: Type.Array(DeliveryNumber, { maxItems: limits.groupFetchMax }),
      failed: Type.Optional(
        Type.Array(Type.Tuple([DeliveryNumber, Type.String({ maxLength: limits.nameLengthMax }), Text]), {
          maxItems: limits.groupFetchMax,
          description: 'number, code, message: to be delivered again, or dead letters now',
        }),
      ),
      released: Type.Optional(
        Type.Array(DeliveryNumber, { maxItems: limits.groupFetchMax, description: 'given back unseen' }),
      ),
    }),
    closed({
      stale: Type.Integer({ minimum: 0, description: 'of these that were not the latest delivery of their record' }),
      dead: Type.Array(RecordId, { description: 'records that are dead letters now' }),
    }),
  ),
  'group.leave': method(
    'log',
    'The member has gone; what it has in hand goes to others at once.',
    closed({ group: Name, member: Member }),
    Nothing,
  ),
  'group.list': method('log', 'The groups, and how each stands.', Nothing, closed({ groups: Type.Array(GroupState) })),
  'group.dead': method(
    'log',
    'Dead letters of a group in the order of their records, each with its record.',
    closed({
      group: Name,
      afterId: Type.Optional(Count),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logReadMax })),
    }),
    closed({ letters: Type.Array(Letter), more: Type.Boolean() }),
  ),
  'group.replay': method(
    'log',
    'Dead letters are delivered to the group once more; all of them when none is named.',
    closed({ group: Name, ids: Type.Optional(Type.Array(RecordId, { maxItems: limits.groupDeadMax })) }),
    closed({ count: Count }),
  ),
  'group.drop': method(
    'log',
    'Dead letters are deleted for good; all of them when none is named.',
    closed({ group: Name, ids: Type.Optional(Type.Array(RecordId, { maxItems: limits.groupDeadMax })) }),
    closed({ count: Count }),
  ),
  'group.remove': method(
    'log',
    'The group is forgotten, with its place and its dead letters. CONFLICT while it has members.',
    closed({ group: Name }),
    Nothing,
  ),
} as const;
