/** The consumer groups of the log as the broker's loop asks them: each answer comes after the commit of what it changed. */
import { type Clock, momentOf } from '../../core/clock.js';
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

  list(): Promise<GroupState[]> {
    return this.thread.call('groupList', { now: momentOf(this.clock) });
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
