import { expect } from 'chai';
import { ProcessTable } from '../../../agents/node/processes/process-table.js';
import { MeshError } from '../../../common/core/errors.js';
import type { ProcessRecord } from '../../../common/journal/processes/process-store.js';
import { openLog } from '../../../common/log/log.js';
import { processRecord } from '../../support/fakes/process-record.js';

const now = { wallMs: 100_000, monotonicMs: 5_000 };
const clock = { wallMs: () => now.wallMs, monotonicMs: () => now.monotonicMs };

/** A store that can be full. */
class Disk {
  readonly rows = new Map<string, ProcessRecord>([['echo', processRecord()]]);
  isFull = false;
  attempts = 0;

  all = (): ProcessRecord[] => [...this.rows.values()];
  put = (records: readonly ProcessRecord[]): void => {
    this.attempts++;
    if (this.isFull) throw new MeshError('JOURNAL_FAILED', 'the disk is full');
    for (const record of records) this.rows.set(record.agent, record);
  };
  remove = (agent: string): void => {
    if (this.isFull) throw new MeshError('JOURNAL_FAILED', 'the disk is full');
    this.rows.delete(agent);
  };
  close = (): void => undefined;
}

const process = (name: string, epoch: number) => ({
  ...processRecord({ epoch }),
  name,
  stateWhy: 'because',
  history: { startsMs: [4_000, 4_500], crashes: 2 },
  lastExit: undefined,
  lastHash: 'plan',
});

describe('the table of processes, as the node keeps it', () => {
  const open = () => {
    const disk = new Disk();
    return { disk, table: new ProcessTable(disk, 'boot', clock, openLog({}, 'silent')) };
  };

  it('has what the node before left, and writes every change at once, with its times by the wall clock', () => {
    const { disk, table } = open();
    expect(table.records).to.deep.equal([processRecord()]);
    table.note(process('other', 8));
    expect(disk.rows.get('other')).to.deep.equal(
      processRecord({ agent: 'other', epoch: 8, why: 'because', crashes: 2, starts: [99_000, 99_500] }),
    );
  });

  it('does not throw when the disk is full, and writes what is missing with the next change', () => {
    const { disk, table } = open();
    disk.isFull = true;
    table.note(process('one', 1));
    table.note(process('one', 2));
    table.forget('echo');
    expect([...disk.rows.keys()]).to.deep.equal(['echo']);
    disk.isFull = false;
    table.note(process('two', 3));
    expect([...disk.rows.values()].map(({ agent, epoch }) => [agent, epoch])).to.deep.equal([
      ['one', 2],
      ['two', 3],
    ]);
  });

  it('asks the disk again only when something is missing', () => {
    const { disk, table } = open();
    table.retry();
    expect(disk.attempts).to.equal(0);
    disk.isFull = true;
    table.note(process('one', 1));
    table.retry();
    disk.isFull = false;
    table.close();
    expect(disk.rows.has('one')).to.equal(true);
  });
});
