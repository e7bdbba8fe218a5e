/** What a node answers to those who emit, over a real journal: also to a batch that it has, and would not take now. */
import { expect } from 'chai';
import { journalMethods } from '../../../agents/node/attachment/journal-methods.js';
import { NodeJournal } from '../../../agents/node/records/node-journal.js';
import { StreamBoard } from '../../../agents/node/records/stream-board.js';
import { systemClock } from '../../../common/core/clock.js';
import { Journal } from '../../../common/journal/machine/journal.js';
import { openLog } from '../../../common/log/log.js';
import type { Input } from '../../../common/protocol/catalogue.js';
import { encode } from '../../../common/protocol/frames/codec.js';
import { MethodTable } from '../../../common/wire/answering/method-table.js';
import { useWorld } from '../../journal/world.js';
import { fakeRequest } from '../../support/fakes/fake-request.js';

describe('a batch that was stored before its answer was lost', () => {
  const world = useWorld();

  it('is answered with its receipts when a newer rule would refuse it, and what was not stored is refused', async () => {
    const { journal } = await Journal.open({ file: world().path('journal.db'), machine: 'pc2' });
    const records = new NodeJournal(journal, openLog({}, 'silent'), () => undefined);
    const streams = new StreamBoard({ revision: 'one', rules: [] });
    const bodies = { assertHeld: () => Promise.reject(new Error('there is none')) };
    const supervisor = { findIfAny: () => undefined };
    const table = new MethodTable().serve(
      journalMethods({ machine: 'pc2', journal, records, bodies, streams, supervisor, clock: systemClock }),
    );
    const emit = async (firstSeq: number, text: string) => {
      const batch: Input<'journal.emit'> = {
        agent: 'echo',
        epoch: 7,
        firstSeq,
        records: [['orders', 1_000, encode(text)]],
      };
      return table.handle(fakeRequest('journal.emit', batch));
    };
    const first = await emit(1, 'a');
    streams.replace({ revision: 'two', rules: [{ stream: 'orders', writers: ['till'] }] });
    expect(await emit(1, 'a')).to.deep.equal(first);
    const refusals = await Promise.allSettled([emit(1, 'b'), emit(2, 'b')]);
    expect(refusals.map((each) => each.status === 'rejected' && each.reason.code)).to.deep.equal(['DENIED', 'DENIED']);
    expect((await journal.status()).lastSeq).to.equal(1);
    records.close();
    await journal.close();
  });
});
