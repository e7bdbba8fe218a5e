import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ProcessStore } from '../../../common/journal/processes/process-store.js';
import { agentStates } from '../../../common/protocol/registry-entry.js';
import { processRecord } from '../../support/fakes/process-record.js';
import { Random } from '../../support/random.js';
import { failureOf, useWorld } from '../world.js';

const writer = fileURLToPath(new URL('../../fixtures/process-writer.js', import.meta.url));
const seed = Number(process.env['FC_SEED'] ?? 20_261_121);

describe('the table of processes on disk', () => {
  const world = useWorld();
  const open = (wallMs = 5) => {
    const opened = ProcessStore.open({ file: world().path('processes.db'), wallMs });
    world().finally(() => opened.store.close());
    return opened;
  };

  it('gives back every field of every row, over closing and opening', () => {
    const records = [
      ...agentStates.map((state, index) =>
        processRecord({ agent: `a-${state}`, state, epoch: 1_795_268_546_085 + index }),
      ),
      processRecord({ agent: 'down', wanted: false, pid: 0, why: 'it was “stopped”', lastExit: 'exit code 1' }),
      processRecord({ agent: 'worn', restarts: 12, crashes: 3, starts: [1_000.5, 2_000], sinceMs: 1.25 }),
    ].sort((a, b) => (a.agent < b.agent ? -1 : 1));
    const { store } = open();
    store.put(records);
    store.close();
    expect(open().store.all()).to.deep.equal(records);
  });

  it('replaces a row by its name, and forgets one that is removed', () => {
    const { store } = open();
    store.put([processRecord({ epoch: 1 }), processRecord({ agent: 'other' })]);
    store.put([processRecord({ epoch: 2 })]);
    store.remove('other');
    store.remove('nobody');
    expect(store.all().map(({ agent, epoch }) => [agent, epoch])).to.deep.equal([['echo', 2]]);
  });

  it(`holds all rows of one moment whenever its writer is killed, and never fewer (seed ${seed})`, async () => {
    const random = new Random(seed);
    let written = 0;
    for (let kill = 0; kill < 6; kill++) {
      const child = spawn(process.execPath, [writer, world().path('processes.db'), String(written + 1)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
      await once(child.stdout, 'data');
      // The moment of the kill is what the test draws; there is no condition to wait for.
      await pause(random.between(0, 40));
      child.kill('SIGKILL');
      await once(child, 'close');
      const told = Number(printed.slice(0, printed.lastIndexOf('\n')).split('\n').at(-1));
      const { store, findings } = ProcessStore.open({ file: world().path('processes.db'), wallMs: 1 });
      const epochs = store.all().map(({ epoch }) => epoch);
      store.close();
      expect(findings).to.deep.equal([]);
      expect(epochs).to.have.length(10);
      expect(new Set(epochs).size, 'of one moment').to.equal(1);
      written = epochs[0] ?? 0;
      expect(written).to.be.within(told, told + 1);
    }
  });

  for (const [damage, work] of [
    ['is no database', (file: string) => writeFileSync(file, 'not a database at all, and long enough to be read')],
    ['was cut to nothing', (file: string) => writeFileSync(file, '')],
  ] as const) {
    it(`is put aside and begun anew when it ${damage}`, () => {
      const file = world().path('processes.db');
      const { store } = open();
      store.put([processRecord()]);
      store.close();
      work(file);
      const { store: next, findings } = open(77);
      expect(findings).to.have.length(1);
      expect(findings[0]).to.include({ kind: 'quarantined', file, movedTo: `${file}.damaged-77` });
      expect(existsSync(`${file}.damaged-77`)).to.equal(true);
      expect(next.all()).to.deep.equal([]);
      next.put([processRecord()]);
      expect(next.all()).to.have.length(1);
    });
  }

  for (const [what, sql] of [
    ['a state that there is not', "UPDATE processes SET state = 'asleep'"],
    ['a pid below zero', 'UPDATE processes SET pid = -1'],
    ['a list that is none', "UPDATE processes SET starts = '[1,'"],
    ['an attachment of something else', "UPDATE processes SET attachment = '{}'"],
  ] as const) {
    it(`is put aside when a row holds ${what}`, () => {
      const { store } = open();
      store.put([processRecord()]);
      store.close();
      world().edit('processes.db', (db) => db.exec(sql));
      const { store: next, findings } = open(77);
      expect(findings.map(({ reason }) => reason).join()).to.contain('the row of echo is not one that was written');
      expect(next.all()).to.deep.equal([]);
    });
  }

  it('of a newer version is refused and left as it is', () => {
    open().store.close();
    world().edit('processes.db', (db) => db.pragma('user_version = 99'));
    const before = readFileSync(world().path('processes.db'));
    expect(failureOf(() => open()).code).to.equal('CONFLICT');
    expect(readFileSync(world().path('processes.db')).equals(before)).to.equal(true);
  });

  it('says that it cannot be written, with nothing written, and can be again', () => {
    const { store } = open();
    store.put([processRecord({ epoch: 1 })]);
    world().edit('processes.db', (db) => {
      db.exec('BEGIN IMMEDIATE');
      const failure = failureOf(() => store.put([processRecord({ epoch: 2 }), processRecord({ agent: 'other' })]));
      expect([failure.code, failure.details?.['cause']]).to.deep.equal(['JOURNAL_FAILED', 'SQLITE_BUSY']);
      db.exec('ROLLBACK');
    });
    expect(store.all().map(({ epoch }) => epoch)).to.deep.equal([1]);
    store.put([processRecord({ epoch: 2 })]);
    expect(store.all().map(({ epoch }) => epoch)).to.deep.equal([2]);
  });
});
