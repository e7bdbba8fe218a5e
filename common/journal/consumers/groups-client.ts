/** The consumer groups of the log as the broker's loop asks them: each answer comes after the commit of what it changed. */
import { type Clock, momentOf } from '../../core/clock.js';
import { limits } from '../../core/limits.js';
import type { WorkerClient } from '../sqlite/worker-client.js';
import type { Letter } from './dead-letters.js';
import type { GroupOperations } from './group-operations.js';
import type {
  Fetched,
  GroupFetch,
  GroupJoin,
  GroupLeave,
  GroupSettle,
  GroupState,
  LagCounted,
  LetterChoice,
  LetterPage,
  Settled,
} from './group-requests.js';

type Told<Request> = Omit<Request, 'now'>;

export class GroupsClient {
  constructor(
    private readonly thread: Pick<WorkerClient<GroupOperations>, 'call'>,
    private readonly clock: Clock,
  ) {}

  /** Fails with CONFLICT, QUEUE_FULL. */
  join(request: Told<GroupJoin>): Promise<{ floorId: number }> {
    return this.thread.call('groupJoin', { ...request, now: momentOf(this.clock) });
  }

  /** Fails with NOT_FOUND, NOT_ATTACHED. */
  fetch(request: Told<GroupFetch>): Promise<Fetched> {
    return this.thread.call('groupFetch', { ...request, now: momentOf(this.clock) });
  }

  settle(request: Told<GroupSettle>): Promise<Settled> {
    return this.thread.call('groupSettle', { ...request, now: momentOf(this.clock) });
  }

  leave(request: Told<GroupLeave>): Promise<void> {
    return this.thread.call('groupLeave', { ...request, now: momentOf(this.clock) });
  }

  /** Every group, with what it reads. */
  sources(): Promise<Pick<GroupState, 'group' | 'stream'>[]> {
    return this.thread.call('groupList', { now: momentOf(this.clock) });
  }

  /** How each group stands. What they are behind is counted in steps, between which appends go on. */
  async list(): Promise<GroupState[]> {
    const states: GroupState[] = [];
    for (const { cursorId, headId, ...state } of await this.thread.call('groupList', { now: momentOf(this.clock) }))
      states.push({ ...state, pending: state.pending + (await this.#lagOf(state, cursorId, headId)) });
    return states;
  }

  /** `limits.groupLagCounted` stands for more; of a group with a filter so many records of its stream are looked at. */
  async #lagOf({ stream, machine, agent }: GroupState, cursorId: number, upToId: number): Promise<number> {
    let [lag, looked] = [0, 0];
    for (let afterId: number | undefined = cursorId; afterId !== undefined && looked < limits.groupLagCounted; ) {
      const step: LagCounted = await this.thread.call('groupLag', { stream, machine, agent, afterId, upToId });
      lag += step.count;
      looked += step.looked;
      afterId = step.nextId;
    }
    return lag;
  }

  /** Fails with NOT_FOUND, as do the next ones. */
  letters(page: LetterPage): Promise<{ letters: Letter[]; more: boolean }> {
    return this.thread.call('groupLetters', page);
  }

  replay(choice: Told<LetterChoice>): Promise<{ count: number }> {
    return this.thread.call('groupReplay', { ...choice, now: momentOf(this.clock) });
  }

  drop(choice: Told<LetterChoice>): Promise<{ count: number }> {
    return this.thread.call('groupDrop', { ...choice, now: momentOf(this.clock) });
  }

  /** Fails with CONFLICT while it has members. */
  remove(group: string): Promise<void> {
    return this.thread.call('groupRemove', { group, now: momentOf(this.clock) });
  }
}
