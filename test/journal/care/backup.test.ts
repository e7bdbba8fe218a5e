/** Backups of stores at work: whole, checked, kept in number; and what a restore does, and refuses. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type BackupMade, backUp } from '../../../common/journal/care/backup.js';
import { backupName, listBackups } from '../../../common/journal/care/backup-folder.js';
import { carriedTables } from '../../../common/journal/care/carry-over.js';
import { type RestoreOptions, restore } from '../../../common/journal/care/restore.js';
import type { StoreKind } from '../../../common/journal/care/store-file.js';
import { verifyStore } from '../../../common/journal/care/verify-store.js';
import { countsOf, report, reportOf, tellAll } from '../folds/report-world.js';
import { append, failureOfPromise, forward, pendingOf, recordOf, recordsOf, textOf, useWorld } from '../world.js';
import { filledStores } from './care-world.js';

const T0 = Date.UTC(2026, 10, 21, 19, 30);
const DAY_MS = 86_400_000;

function answered(run: ReturnType<typeof pendingOf>[number] | undefined) {
  if (run === undefined) throw new Error('nothing is pending');
  return run;
}

describe('a backup', () => {
  const world = useWorld();
  const folder = () => world().path('backups');
  const make = (kind: StoreKind, wallMs = T0, keep?: number): Promise<BackupMade> => {
    const file = world().path(kind === 'journal' ? 'journal.db' : 'mesh.db');
    return backUp(
      { file, kind, machine: 'pc2', folder: folder(), wallMs, ...(keep === undefined ? {} : { keep }) },
      () => undefined,
    );
  };
  const putBack = (name: string, options: Partial<RestoreOptions> = {}) => {
    const { kind = 'journal' } = options;
    const file = world().path(kind === 'journal' ? 'journal.db' : 'mesh.db');
    const common = { archive: `${folder()}/${name}`, file, kind, machine: 'pc2', wallMs: T0 };
    const incidentOf = (count: number | undefined) => recordOf(`restored ${count}`, 'incidents');
    return restore({ ...common, isDryRun: false, incidentOf, ...options });
  };

  it('is made beside its writer, has all that was committed, and leaves nothing half done', async () => {
    const { store } = filledStores(world());
    const { name, verdict, sizeBytes } = await make('journal');
    expect(name).to.equal('journal-pc2-20261121T193000.000Z.db.gz');
    expect(verdict).to.include({ checkedCount: 6, damagedCount: 0, missingCount: 0 });
    expect(sizeBytes).to.be.greaterThan(100);
    expect(append(store, { records: recordsOf(1, 'later') }).firstSeq).to.equal(7);
    expect(readdirSync(folder())).to.deep.equal([name]);
  });

  it('is kept in the number that was asked for, the newest of each kind', async () => {
    filledStores(world());
    for (let day = 0; day < 4; day++) await make('journal', T0 + day * DAY_MS, 2);
    await make('log', T0, 1);
    expect(
      listBackups(folder(), T0 + 9 * DAY_MS).map(({ kind, madeMs }) => [kind, (madeMs - T0) / DAY_MS]),
    ).to.deep.equal([
      ['journal', 3],
      ['journal', 2],
      ['log', 0],
    ]);
  });

  it('that bears a time to come, of a clock that was ahead, is the last one and the first to go', async () => {
    filledStores(world());
    for (const day of [800, 801]) await make('journal', T0 + day * DAY_MS, 2);
    const { name, dropped } = await make('journal', T0, 2);
    expect(dropped).to.deep.equal([backupName('journal', 'pc2', T0 + 800 * DAY_MS)]);
    expect(listBackups(folder(), T0)[0]?.name).to.equal(name);
  });

  it('of a store with a damaged record is made all the same, and says so', async () => {
    filledStores(world());
    world().edit('journal.db', (db) => db.exec("UPDATE records SET body = x'00' WHERE position = 2"));
    const { verdict } = await make('journal');
    expect([verdict.damagedCount, verdict.findings.map(({ seq }) => seq)]).to.deep.equal([1, [2]]);
    expect((await failureOfPromise(putBack(backupName('journal', 'pc2', T0)))).code).to.equal('JOURNAL_DAMAGED');
  });

  it('is put back as a new chain, and what was there is kept under another name', async () => {
    const { store, log } = filledStores(world());
    const { name } = await make('journal');
    append(store, { records: recordsOf(2, 'later') });
    forward(store, log);
    const before = store.status().journalId;
    store.close();

    const { replaced, carriedCount } = await putBack(name);
    expect([replaced, carriedCount]).to.deep.equal([world().path(`journal.db.replaced-${T0}`), 0]);
    expect(existsSync(replaced ?? '')).to.equal(true);
    const { store: restored, findings } = world().journal();
    expect(findings).to.deep.equal([]);
    expect(restored.status().journalId).to.not.equal(before);
    append(restored, { records: recordsOf(2, 'new') });
    forward(restored, log);
    expect(log.read({}).records.map(textOf).slice(-4)).to.deep.equal(['later2', 'restored 0', 'new1', 'new2']);
  });

  it('of the log is put back so that the journals send again what they hold, under ids that nobody has seen', async () => {
    const { store, log } = filledStores(world());
    const { name } = await make('log');
    append(store, { records: recordsOf(2, 'later') });
    forward(store, log);
    expect(log.headId()).to.equal(8);
    log.close();
    await putBack(name, { kind: 'log' });

    const restored = world().log();
    const { journalId } = store.status();
    expect(restored.hello({ journalId, machine: 'pc2' }).headSeq).to.equal(6);
    store.rewind({ journalId, seq: 6 });
    forward(store, restored);
    const tail = restored.read({ afterId: 6 }).records.map((record) => [record.id, textOf(record)]);
    expect(tail).to.deep.equal([
      [9, 'later1'],
      [10, 'later2'],
    ]);
    restored.close();
    expect(verifyStore(world().path('mesh.db'), 'log', () => undefined)).to.include({
      checkedCount: 8,
      missingCount: 0,
    });
  });

  it('passes over ids when nobody can say any more which were given out', async () => {
    const { log } = filledStores(world());
    const { name } = await make('log');
    log.close();
    writeFileSync(world().path('mesh.db'), 'ruined');
    await putBack(name, { kind: 'log' });
    expect(world().log().headId()).to.equal(100_006);
  });

  it('only looked at changes nothing', async () => {
    const { store } = filledStores(world());
    const { name } = await make('journal');
    store.close();
    const before = readFileSync(world().path('journal.db'));
    const { verdict, replaced } = await putBack(name, { isDryRun: true });
    expect([verdict.checkedCount, replaced]).to.deep.equal([6, world().path(`journal.db.replaced-${T0}`)]);
    expect(readFileSync(world().path('journal.db')).equals(before)).to.equal(true);
    expect(readdirSync(world().folder).sort()).to.include('journal.db').and.not.include('journal.db.restoring');
  });

  it('takes along what main does not have of the present journal, under the names that it has there', async () => {
    const { store, log } = filledStores(world());
    const { name } = await make('journal');
    append(store, { records: recordsOf(2, 'sent') });
    forward(store, log);
    const { seq, hash } = { seq: 9, hash: append(store, { records: recordsOf(1, 'pending') }).hashes[0] };
    const checkpoint = { agent: 'w', name: 'pos', bytes: Buffer.from('of now') };
    append(store, { records: [], checkpoint });
    const { journalId } = store.status();
    // Main has it, and the journal has not heard so: it must not get it twice.
    const [pending] = pendingOf(store);
    log.appendBatches([{ machine: 'pc2', ...answered(pending) }]);
    store.close();
    const { store: second } = world().journal();
    const keyed = { records: recordsOf(2, 'second'), dedupe: { keys: ['one', 'two'], wallMs: 1_000 } };
    append(second, keyed);
    second.close();

    expect((await putBack(name, { isDryRun: true })).carriedCount).to.equal(3);
    expect((await putBack(name)).carriedCount).to.equal(3);
    const { store: restored, findings } = world().journal();
    expect(findings).to.deep.equal([]);
    expect(restored.hashAt({ journalId, seq })).to.deep.equal(hash);
    expect(Buffer.from(restored.checkpoint({ agent: 'w', name: 'pos' }) ?? [])).to.deep.equal(checkpoint.bytes);
    forward(restored, log);
    const texts = log.read({}).records.map(textOf).slice(6);
    expect(texts).to.deep.equal(['sent1', 'sent2', 'pending1', 'second1', 'second2', 'restored 3']);
    expect(append(restored, keyed).repeats, 'known by their keys').to.have.length(2);
    restored.close();
    expect(verifyStore(world().path('journal.db'), 'journal', () => undefined)).to.include({
      damagedCount: 0,
      missingCount: 0,
    });
  });

  it('takes along every table of a journal but its history and its name', () => {
    filledStores(world());
    world().edit('journal.db', (db) => {
      const tables = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .pluck()
        .all();
      expect(tables).to.have.members([...carriedTables, 'meta', 'chains', 'records']);
    });
  });

  it('is put back so that each count of errors is told once: those of now, and none of then', async () => {
    const { store, log } = filledStores(world());
    const flood = (count: number) =>
      report(store, { reports: Array.from({ length: count }, () => reportOf('flood')) }, 0);
    flood(40);
    const { name } = await make('journal');
    flood(20);
    tellAll(store);
    flood(7);
    forward(store, log);
    store.close();
    const { carriedCount, countedAgain } = await putBack(name);
    expect([carriedCount, countedAgain]).to.deep.equal([0, 0]);
    const { store: restored } = world().journal();
    forward(restored, log);
    expect(countsOf(log.read({ stream: 'errors' }).records).get('flood')).to.equal(67);
  });

  it('says of how many errors the counts are told once more, where the file of now cannot be read', async () => {
    const { store, log } = filledStores(world());
    report(store, { reports: Array.from({ length: 45 }, () => reportOf('flood')) }, 0);
    const { name } = await make('journal');
    tellAll(store);
    forward(store, log);
    store.close();
    writeFileSync(world().path('journal.db'), 'ruined');
    const incidentOf = (_: unknown, countedAgain: number) => recordOf(`again ${countedAgain}`, 'incidents');
    const { countedAgain } = await putBack(name, { incidentOf });
    const { store: restored } = world().journal();
    forward(restored, log);
    expect(countsOf(log.read({ stream: 'errors' }).records).get('flood')).to.equal(45 + countedAgain);
    expect(countedAgain).to.equal(40);
    expect(log.read({ stream: 'incidents' }).records.map(textOf)).to.deep.equal(['again 40']);
  });

  it('is put back in the place of a ruin, which keeps its write-ahead log', async () => {
    const { store } = filledStores(world());
    const { name } = await make('journal');
    store.close();
    writeFileSync(world().path('journal.db'), 'ruined');
    writeFileSync(world().path('journal.db-wal'), 'its log');
    const { replaced } = await putBack(name);
    expect(readFileSync(`${replaced}-wal`, 'utf8')).to.equal('its log');
    const { store: restored, findings } = world().journal();
    expect(findings).to.deep.equal([]);
    const texts = pendingOf(restored).flatMap(({ entries }) => entries.map(textOf));
    expect(texts).to.deep.equal(['restored undefined']);
  });

  it('that is foreign, of another kind, newer, cut or no backup at all is refused, and nothing is changed', async () => {
    const { store } = filledStores(world());
    const { name } = await make('journal');
    const { name: logName } = await make('log');
    store.close();
    const whole = readFileSync(`${folder()}/${name}`);
    writeFileSync(`${folder()}/cut.gz`, whole.subarray(0, whole.length - 20));
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(flipped.length - 6) ^ 1, flipped.length - 6);
    writeFileSync(`${folder()}/flipped.gz`, flipped);
    writeFileSync(`${folder()}/text.gz`, gzipSync('no database at all, but long enough to be looked at'));
    writeFileSync(`${folder()}/plain.gz`, 'not even compressed');
    const before = readFileSync(world().path('journal.db'));
    const codes: [string, Partial<RestoreOptions>, string][] = [
      [name, { machine: 'main' }, 'CONFLICT'],
      [logName, {}, 'CONFLICT'],
      ['cut.gz', {}, 'JOURNAL_DAMAGED'],
      ['flipped.gz', {}, 'JOURNAL_DAMAGED'],
      ['text.gz', {}, 'JOURNAL_DAMAGED'],
      ['plain.gz', {}, 'JOURNAL_DAMAGED'],
      ['absent.gz', {}, 'NOT_FOUND'],
    ];
    for (const [archive, options, code] of codes)
      expect((await failureOfPromise(putBack(archive, options))).code, archive).to.equal(code);
    expect(readFileSync(world().path('journal.db')).equals(before)).to.equal(true);
    expect(readdirSync(world().folder).filter((file) => file.includes('restoring'))).to.deep.equal([]);
  });
});
