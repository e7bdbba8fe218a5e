/** What the tests of the care of stores share: a journal and a log with something in them, and reports as bodies. */

import type { NewRecord } from '../../../common/journal/record.js';
import { encode } from '../../../common/protocol/frames/codec.js';
import { append, forward, recordsOf, type World } from '../world.js';

export const reportOf = (message: string): NewRecord => ({
  stream: 'errors',
  tsMs: 1_700_000_000_000,
  agent: 'echo',
  epoch: 7,
  body: encode({ code: 'TEST', message, severity: 'error', component: 'test' }),
  trace: 'a'.repeat(32),
  ref: '',
  key: '',
});

/** Records of `count` numbers and one error, in the journal `journal.db` and all of them in the log `mesh.db`; both open. */
export function filledStores(world: World, count = 5) {
  const { store } = world.journal();
  const log = world.log();
  append(store, { records: recordsOf(count) });
  append(store, { records: [reportOf('a boiler is cold')] });
  forward(store, log);
  return { store, log, journal: world.path('journal.db'), mesh: world.path('mesh.db') };
}
