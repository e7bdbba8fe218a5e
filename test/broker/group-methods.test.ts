/** Questions of group members that are held open: how they end when there is nothing, no room, or no broker any more. */
import { expect } from 'chai';
import { GroupMethods } from '../../broker/group-methods.js';
import { systemClock } from '../../common/core/clock.js';
import type { Fetched } from '../../common/journal/consumers/group-requests.js';
import type { GroupsClient } from '../../common/journal/consumers/groups-client.js';
import { fakeRequest } from '../support/fakes/fake-request.js';

const NOTHING: Fetched = { records: [], nextDueMs: Number.POSITIVE_INFINITY, isBehind: false };
const ask = { group: 'crew', member: 'a', max: 1, waitMs: 10_000 };

describe('a question of a group member that is held open', () => {
  let lookCount = 0;
  /** A log in which there is nothing. */
  const groups = {
    fetch: async () => {
      lookCount++;
      await new Promise(setImmediate);
      return NOTHING;
    },
  } as Partial<GroupsClient> as GroupsClient;

  beforeEach(() => {
    lookCount = 0;
  });

  const fetch = (methods: GroupMethods) =>
    methods.handlers['group.fetch']?.(ask, {}, fakeRequest('group.fetch', ask)) as Promise<unknown>;

  it('is answered at once when the broker closes, without another look', async () => {
    const methods = new GroupMethods(groups, systemClock, 'e');
    const open = fetch(methods);
    while (methods.waiters.count === 0) await new Promise(setImmediate);
    methods.close();
    expect(await open).to.deep.equal({ records: [] });
    expect(lookCount).to.equal(1);
  });

  it('is answered at once where as many wait as may: the log is not asked without end', async () => {
    const methods = new GroupMethods(groups, systemClock, 'e', 1);
    const first = fetch(methods);
    while (methods.waiters.count === 0) await new Promise(setImmediate);
    expect(await fetch(methods)).to.deep.equal({ records: [] });
    expect(lookCount).to.equal(2);
    methods.close();
    await first;
  });
});
