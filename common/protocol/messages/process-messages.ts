/** What every control socket answers, and what an agent answers of itself. */
import { limits } from '../../core/limits.js';
import {
  ActionCounts,
  CallRecord,
  Count,
  Counters,
  closed,
  method,
  Nothing,
  PolicyRevision,
  SubscriptionState,
} from '../message-parts.js';
import { ActionName, Epoch, Health, Name, WallMs } from '../registry-entry.js';
import { Type } from '../type.js';

export const processMessages = {
  'mesh.ping': method(
    'every',
    'Answers at once: the process lives and its event loop turns.',
    Nothing,
    closed({ name: Name, machine: Name, epoch: Epoch, tsMs: WallMs }),
  ),
  'mesh.info': method(
    'every',
    'Who this is and what it can do, with the schema of each action.',
    Nothing,
    closed({
      name: Name,
      machine: Name,
      epoch: Epoch,
      pid: Count,
      version: Type.String(),
      protocol: Type.Integer(),
      startedMs: WallMs,
      capabilities: Type.Array(Name),
      actions: Type.Array(
        closed({
          name: Type.String(),
          description: Type.String(),
          input: Type.Unknown(),
          output: Type.Unknown(),
          items: Type.Optional(Type.Unknown({ description: 'schema of what it yields' })),
          idempotent: Type.Optional(Type.Boolean({ description: 'may be repeated though it may have run' })),
        }),
      ),
    }),
  ),
  'mesh.health': method(
    'every',
    'How it fares: state, lag of the event loop, memory, and its counters of drops, refusals and work done.',
    Nothing,
    closed({
      state: Type.String(),
      uptimeMs: Count,
      loopLagMs: Type.Number(),
      rssBytes: Count,
      counters: Counters,
      health: Type.Optional(Health),
      actions: Type.Optional(Type.Record(Type.String(), ActionCounts)),
      subscriptions: Type.Optional(
        Type.Array(SubscriptionState, {
          maxItems: limits.subscriptionsShown,
          description: 'of events, those in trouble first',
        }),
      ),
    }),
  ),
  'mesh.stop': method(
    'every',
    'Finish what is in hand and end. A node takes its whole machine down.',
    Nothing,
    closed({ stopping: Type.Boolean() }),
  ),
  'mesh.calls': method(
    'agent',
    'Its latest calls under a policy, in the order in which they ended: what was tried, and what came of it.',
    closed({
      service: Type.Optional(Name),
      action: Type.Optional(ActionName),
      last: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.callTrailKept })),
    }),
    closed({ policies: PolicyRevision, calls: Type.Array(CallRecord, { maxItems: limits.callTrailKept }) }),
  ),
} as const;
