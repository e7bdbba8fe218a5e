/** The consumer groups as operations of the log's thread: all of them take part in its group commits. */
import type { OperationTable } from '../sqlite/store-port.js';
import type { RequestOf } from '../sqlite/worker-server.js';
import type { ConsumerGroups } from './consumer-groups.js';
import type { GroupSettle } from './group-requests.js';

/** Each is the method of `ConsumerGroups` that its name says. */
export type GroupOperations = {
  groupJoin: ConsumerGroups['join'];
  groupFetch: ConsumerGroups['fetch'];
  groupSettle: ConsumerGroups['settle'];
  groupLeave: ConsumerGroups['leave'];
  groupList: ConsumerGroups['list'];
  groupLag: ConsumerGroups['lag'];
  groupLetters: ConsumerGroups['letters'];
  groupReplay: ConsumerGroups['replay'];
  groupDrop: ConsumerGroups['drop'];
  groupRemove: ConsumerGroups['remove'];
};

export type GroupRequest = RequestOf<GroupOperations, keyof GroupOperations>;

const one = () => 1;

/** Rows that each writes, about. */
export const groupRows = {
  groupJoin: one,
  groupFetch: one,
  groupSettle: ({ done, failed, released }: GroupSettle) => done.length + failed.length + released.length,
  groupLeave: one,
  groupList: one,
  groupLag: one,
  groupLetters: one,
  groupReplay: one,
  groupDrop: one,
  groupRemove: one,
} satisfies { readonly [Name in keyof GroupOperations]: OperationTable[string] };

export function runGroupRequest(groups: ConsumerGroups, request: GroupRequest) {
  switch (request.name) {
    case 'groupJoin':
      return groups.join(request.args);
    case 'groupFetch':
      return groups.fetch(request.args);
    case 'groupSettle':
      return groups.settle(request.args);
    case 'groupLeave':
      return groups.leave(request.args);
    case 'groupList':
      return groups.list(request.args);
    case 'groupLag':
      return groups.lag(request.args);
    case 'groupLetters':
      return groups.letters(request.args);
    case 'groupReplay':
      return groups.replay(request.args);
    case 'groupDrop':
      return groups.drop(request.args);
    case 'groupRemove':
      return groups.remove(request.args);
  }
}
