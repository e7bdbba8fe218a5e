/**
 * What the log answers to members of consumer groups, and to those who look after them. A fetch is held open until there is
 * something for its member: a record came, one is due again, or another member gave some back.
 *
 * A member that does not wait any more is given nothing; what it was given while it left goes to the next at once.
 */

import type { Clock } from '../common/core/clock.js';
import { failpoint } from '../common/core/failpoint.js';
import { limits } from '../common/core/limits.js';
import type { Letter } from '../common/journal/consumers/dead-letters.js';
import type { DeliveredRecord, GroupState } from '../common/journal/consumers/group-requests.js';
import type { GroupsClient } from '../common/journal/consumers/groups-client.js';
import type { GroupStateBody, Input, LetterBody, Output } from '../common/protocol/catalogue.js';
import { Waiters } from '../common/registry/waiters.js';
import type { IncomingRequest } from '../common/wire/answering/incoming-request.js';
import type { MethodHandlers } from '../common/wire/answering/method-table.js';
import { recordBodyOf } from './record-body.js';

export class GroupMethods {
  readonly counters = { fetches: 0, delivered: 0, settled: 0, failed: 0, stale: 0, dead: 0 };
  readonly waiters: Waiters;

  /** @param waitersMax beyond it a fetch is not held open */
  constructor(
    private readonly groups: GroupsClient,
    private readonly clock: Clock,
    /** Of the log. */
    private readonly epoch: string,
    waitersMax: number = limits.waitersMax,
  ) {
    this.waiters = new Waiters(waitersMax);
  }

  readonly handlers: MethodHandlers = {
    'group.join': async ({ from, ...request }) => {
      const { floorId } = await this.groups.join({ ...request, from });
      return { floorId, leaseMs: limits.groupLeaseMs, epoch: this.epoch };
    },
    'group.fetch': (input, _meta, request) => this.#fetch(input, request),
    'group.settle': (input) => this.#settle(input),
    'group.leave': async (member) => {
      await this.groups.leave(member);
      this.waiters.notify();
      return {};
    },
    'group.list': async () => ({ groups: (await this.groups.list()).map(stateBodyOf) }),
    'group.dead': async ({ group, afterId = 0, limit = limits.logReadDefault }) => {
      const { letters, more } = await this.groups.letters({ group, afterId, limit });
      return { letters: letters.map((letter) => letterBodyOf(group, letter)), more };
    },
    'group.replay': async (choice) => {
      const answer = await this.groups.replay(choice);
      this.waiters.notify();
      return answer;
    },
    'group.drop': (choice) => this.groups.drop(choice),
    'group.remove': async ({ group }) => {
      await this.groups.remove(group);
      return {};
    },
  };

  /** Records have come. */
  notify(): void {
    this.waiters.notify();
  }

  /** Answers every fetch that is held open. Idempotent. */
  close(): void {
    this.waiters.close();
  }

  async #fetch({ waitMs = 0, ...ask }: Input<'group.fetch'>, request: IncomingRequest): Promise<Output<'group.fetch'>> {
    const untilMs = this.clock.monotonicMs() + waitMs;
    for (;;) {
      if (request.abandoned !== undefined) return { records: [] };
      // Before looking: what comes while we look wakes the wait at once.
      const { mark } = this.waiters;
      this.counters.fetches++;
      const { records, nextDueMs, isBehind } = await this.groups.fetch(ask);
      if (records.length > 0) return this.#deliver(ask, records, request);
      if (isBehind) continue;
      const nowMs = this.clock.monotonicMs();
      if (nowMs >= untilMs) return { records: [] };
      // It is due a moment before the clock says so: not a turn earlier.
      const restMs = Math.ceil(Math.min(untilMs, nextDueMs) - nowMs);
      const isNews = await this.waiters.wait(restMs, mark);
      // There is no room to wait, or this closes: to look again at once would be to look without end.
      if (!isNews && this.clock.monotonicMs() < nowMs + restMs - EARLY_MS) return { records: [] };
    }
  }

  async #deliver(
    { group, member }: Input<'group.fetch'>,
    records: readonly DeliveredRecord[],
    request: IncomingRequest,
  ): Promise<Output<'group.fetch'>> {
    if (request.abandoned !== undefined) {
      const released = records.map(({ delivery }) => delivery);
      await this.groups.settle({ group, member, done: [], failed: [], released });
      this.waiters.notify();
      return { records: [] };
    }
    this.counters.delivered += records.length;
    return {
      records: records.map(({ delivery, attempt, ...record }) => ({ ...recordBodyOf(record), delivery, attempt })),
    };
  }

  async #settle({ failed = [], released = [], ...rest }: Input<'group.settle'>): Promise<Output<'group.settle'>> {
    const failures = failed.map(([number, code, message]) => ({ number, code, message }));
    const { wakes, ...answer } = await this.groups.settle({ ...rest, failed: failures, released });
    failpoint('group.answering');
    this.counters.settled += rest.done.length;
    this.counters.failed += failed.length;
    this.counters.stale += answer.stale;
    this.counters.dead += answer.dead.length;
    if (wakes) this.waiters.notify();
    return answer;
  }
}

/** A timer may end so much before its time. */
const EARLY_MS = 2;

function stateBodyOf({ machine, agent, members, ...state }: GroupState): GroupStateBody {
  return {
    ...state,
    ...(machine === '' ? {} : { machine }),
    ...(agent === '' ? {} : { agent }),
    members: [...members],
  };
}

function letterBodyOf(group: string, letter: Letter): LetterBody {
  const { deliveries, code, message, diedMs, replayed, ...record } = letter;
  return { ...recordBodyOf(record), group, deliveries, code, message, diedMs, replayed };
}
