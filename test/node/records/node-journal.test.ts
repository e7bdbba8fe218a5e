import { expect } from 'chai';
import { Incident } from '../../../agents/node/records/incident.js';
import { NodeJournal } from '../../../agents/node/records/node-journal.js';
import { MeshError } from '../../../common/core/errors.js';
import type { NewReport, ReportBatch } from '../../../common/journal/folds/report-intake.js';
import { succeeded } from '../../../common/journal/sqlite/outcome.js';
import { openLog } from '../../../common/log/log.js';
import { decode } from '../../../common/protocol/frames/codec.js';
import { until } from '../../support/wait-for.js';

describe('the records of a node itself', () => {
  it('wait while the disk is full, and are stored in order when there is room', async () => {
    const stored: NewReport[] = [];
    let isFull = true;
    const journal = {
      epoch: 7,
      damage: '',
      probe: async () => {
        if (isFull) throw new MeshError('JOURNAL_FAILED', 'the disk is full');
      },
      append: () => Promise.reject(new Error('nothing but reports is stored here')),
      tell: async () => ({ toldCount: 0, nextDueMs: undefined }),
      report: async (batches: readonly ReportBatch[]) => {
        if (isFull) throw new MeshError('JOURNAL_FAILED', 'the disk is full');
        stored.push(...batches.flatMap(({ reports }) => reports));
        const place = { journalId: '0'.repeat(20), seq: stored.length, hash: Buffer.alloc(32), isFolded: false };
        return { outcomes: batches.map(() => succeeded([place])), nextDueMs: undefined };
      },
    };
    let wokenCount = 0;
    const records = new NodeJournal(journal, openLog({}, 'silent'), () => wokenCount++);
    for (const message of ['one', 'two']) records.report(new Incident({ message }));
    await until(() => records.counters.reportsWaiting === 3);
    await records.retry();
    expect(records.degraded).to.equal('the disk is full');
    isFull = false;
    await until(() => stored.length === 3); // by itself
    expect(stored.map(({ record }) => (decode(record.body) as { message: string }).message)).to.deep.equal([
      'one',
      'two',
      'the journal takes no records: the disk is full',
    ]);
    expect(records.degraded).to.equal('');
    expect(records.counters).to.include({ reportsWaiting: 0, reportsLost: 0 });
    expect(wokenCount).to.equal(3);
    records.close();
  });

  it('tell once that the file of the journal is damaged, whoever has met it, and that it stays so', async () => {
    const codes: string[] = [];
    const journal = {
      epoch: 7,
      damage: '',
      probe: async () => undefined,
      append: () => Promise.reject(new Error('nothing but reports is stored here')),
      tell: async () => ({ toldCount: 0, nextDueMs: undefined }),
      report: async (batches: readonly ReportBatch[]) => {
        for (const { record } of batches.flatMap(({ reports }) => reports))
          codes.push((decode(record.body) as { code: string }).code);
        const place = { journalId: '0'.repeat(20), seq: 1, hash: Buffer.alloc(32), isFolded: false };
        return { outcomes: batches.map(() => succeeded([place])), nextDueMs: undefined };
      },
    };
    const records = new NodeJournal(journal, openLog({}, 'silent'), () => undefined);
    await records.retry();
    expect(records.degraded).to.equal('');
    journal.damage = 'journal.db is damaged';
    await records.retry();
    await records.retry();
    await until(() => codes.length > 0);
    expect(records.degraded).to.equal('journal.db is damaged');
    expect(codes).to.deep.equal(['JOURNAL_FILE_DAMAGED']);
    records.close();
  });
});
