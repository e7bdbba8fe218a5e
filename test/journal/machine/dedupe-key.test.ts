/** Records with a dedupeKey in a journal: stored once, whoever repeats them and however often its process is killed. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Failpoint } from '../../../common/core/failpoint.js';
import { limits } from '../../../common/core/limits.js';
import { isSound } from '../../../common/journal/care/store-verdict.js';
import { verifyStore } from '../../../common/journal/care/verify-store.js';
import { Journal } from '../../../common/journal/machine/journal.js';
import type { JournalStore } from '../../../common/journal/machine/journal-store.js';
import type { AppendBatch, Appended } from '../../../common/journal/machine/journal-types.js';
import { Random } from '../../support/random.js';
import { dies } from '../../support/runs/mortal-run.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { append, bounds, failureOf, pendingOf, recordOf, textOf, useWorld } from '../world.js';

const NOW_MS = 1_800_000_000_000;

/** A batch of records `text:key`; without a colon there is no key. */
function batchOf(texts: readonly string[], rest: Partial<AppendBatch> = {}, wallMs = NOW_MS): AppendBatch {
  const parts = texts.map((text) => text.split(':'));
  const records = parts.map(([text = '']) => recordOf(text));
  return { records, dedupe: { keys: parts.map(([, key = '']) => key), wallMs }, ...rest };
}

const storedIn = (store: JournalStore) => pendingOf(store).flatMap(({ entries }) => entries.map(textOf));
const placesOf = ({ repeats = [] }: Appended) => repeats.map(({ index, seq }) => [index, seq]);
const lawOf = (text: string, from = 1) => ({ producer: { id: `${text}#1`, firstSeq: from } });

describe('records with a dedupeKey', () => {
  const world = useWorld();

  it('are stored once, whichever agent repeats them, and answered with the place of the first', () => {
    const { store } = world().journal();
    const first = append(store, batchOf(['a:1', 'plain', 'b:2'], lawOf('echo')));
    expect(first.repeats).to.equal(undefined);
    const again = append(store, {
      ...batchOf(['b:2', 'new:3', 'plain', 'a:1'], lawOf('other')),
      records: ['b', 'new', 'plain', 'a'].map((text) => ({ ...recordOf(text, 'metrics', 'other'), tsMs: 5, epoch: 9 })),
    });
    expect(storedIn(store)).to.deep.equal(['a', 'plain', 'b', 'new', 'plain']);
    expect([again.firstSeq, again.hashes.length]).to.deep.equal([4, 2]);
    expect(again.repeats).to.deep.equal([
      { index: 0, journalId: first.journalId, seq: 3, hash: first.hashes[2] },
      { index: 3, journalId: first.journalId, seq: 1, hash: first.hashes[0] },
    ]);
    expect(isSound(verifyStore(world().path('journal.db'), 'journal', () => undefined))).to.equal(true);
  });

  it('are told apart by stream, and are known when the file is opened again and when they are pruned', () => {
    const before = world().journal().store;
    const { journalId } = append(before, batchOf(['a:1']));
    before.acknowledge({ journalId, seq: 1 });
    before.prune({ keep: 0 });
    before.close();
    const { store } = world().journal();
    expect(append(store, batchOf(['a:1'])).repeats?.[0]).to.include({ journalId, seq: 1 });
    append(store, { ...batchOf(['a:1']), records: [recordOf('a', 'other')] });
    expect(storedIn(store)).to.deep.equal(['a']);
  });

  it('count once within a batch, and within a group of batches', () => {
    const { store } = world().journal();
    const [one, two] = store.appendBatches([batchOf(['a:1', 'a:1', 'b']), batchOf(['a:1'])]);
    expect([one, two].map((outcome) => (outcome?.ok ? placesOf(outcome.value) : undefined))).to.deep.equal([
      [[1, 1]],
      [[0, 1]],
    ]);
    expect(storedIn(store)).to.deep.equal(['a', 'b']);
  });

  it('are refused with what is stored under the key when they say something else, and their batch with them, alone', () => {
    const { store } = world().journal();
    const { journalId } = append(store, batchOf(['a:1']));
    const outcomes = store.appendBatches([batchOf(['x', 'other:1']), batchOf(['y']), batchOf(['p:7', 'q:7'])]);
    expect(outcomes.map(({ ok }) => ok)).to.deep.equal([false, true, false]);
    const { code, details } = failureOf(() => append(store, batchOf(['other:1'])));
    expect([code, details]).to.deep.equal(['CONFLICT', { stream: 'metrics', dedupeKey: '1', journalId, seq: 1 }]);
    const otherKey = { ...batchOf(['a:1']), records: [{ ...recordOf('a'), key: 'order-1' }] };
    expect(failureOf(() => append(store, otherKey)).code).to.equal('CONFLICT');
    expect(failureOf(() => append(store, batchOf(['a:two\nlines']))).code).to.equal('INVALID_INPUT');
    expect(storedIn(store)).to.deep.equal(['a', 'y']);
  });

  it('get the first answer when their whole batch is repeated, also when the keys are forgotten; another batch is a conflict', () => {
    const { store } = world().journal();
    append(store, batchOf(['a:1']));
    const batch = batchOf(['b', 'a:1', 'c:3', 'c:3'], lawOf('echo'));
    const first = append(store, batch);
    world().edit('journal.db', (db) => db.exec('DELETE FROM dedupe_keys'));
    expect(append(store, batch)).to.deep.equal({ ...first, isRepeat: true });
    expect(failureOf(() => append(store, batchOf(['b', 'z:1', 'c:3', 'c:3'], lawOf('echo')))).code).to.equal(
      'CONFLICT',
    );
    const all = batchOf(['c:4', 'c:4'], lawOf('echo', 5));
    append(store, all);
    const none = batchOf(['c:4'], lawOf('echo', 7));
    expect(append(store, none).hashes).to.deep.equal([]);
    expect(append(store, none)).to.deep.include({ isRepeat: true, hashes: [] });
    expect(storedIn(store)).to.deep.equal(['a', 'b', 'c', 'c']);
  });

  it('are new again behind the window, in time and in number, and the rows of the old ones go', () => {
    const { store } = world().journal();
    append(store, batchOf(['a:1', 'b:2', 'c:3']));
    const laterMs = NOW_MS + limits.dedupeKeptMs;
    expect(append(store, batchOf(['a:1'], {}, laterMs - 1)).repeats).to.have.length(1);
    expect(append(store, batchOf(['a:1'], {}, laterMs)).repeats).to.equal(undefined);
    const rows = () => {
      let keys: unknown[] = [];
      world().edit('journal.db', (db) => {
        keys = db.prepare('SELECT dedupe_key FROM dedupe_keys').pluck().all();
      });
      return keys;
    };
    expect(rows()).to.deep.equal(['1']);
    append(store, batchOf(['d:4'], {}, laterMs));
    const age = `UPDATE dedupe_keys SET turn = turn - ${limits.dedupeKeysKept} WHERE dedupe_key = '1'`;
    world().edit('journal.db', (db) => db.exec(age));
    append(store, batchOf(['e:5'], {}, laterMs));
    expect(rows()).to.have.members(['4', '5']);
    expect(append(store, batchOf(['a:1'], {}, laterMs)).repeats).to.equal(undefined);
  });

  it('of which a row is damaged are refused, and neither stored twice nor taken for stored', () => {
    const { store } = world().journal();
    append(store, batchOf(['a:1']));
    world().edit('journal.db', (db) => db.exec('UPDATE dedupe_keys SET seq = 2'));
    expect(failureOf(() => append(store, batchOf(['a:1']))).code).to.equal('JOURNAL_DAMAGED');
    expect(storedIn(store)).to.deep.equal(['a']);
  });

  it('are sent on as they are stored, by the journal in its thread', async () => {
    const { journal } = await Journal.open({ file: world().path('journal.db'), machine: 'pc2' });
    try {
      const { journalId, hashes } = await journal.append(batchOf(['a:1', 'a:1', 'b']));
      const run = await journal.readUnacked({ ...bounds, after: { journalId, seq: 1, hash: hashes[0] ?? null } });
      expect(run?.entries.map(textOf)).to.deep.equal(['b']);
      const again = await journal.append(batchOf(['b', 'a:1']));
      expect(again.repeats?.[0]).to.include({ index: 1, journalId, seq: 1 });
      const rest = await journal.readUnacked({ ...bounds, after: { journalId, seq: 2, hash: hashes[1] ?? null } });
      expect(rest?.entries.map((entry) => [entry.seq, textOf(entry)])).to.deep.equal([[3, 'b']]);
    } finally {
      await journal.close();
    }
  });
});

describe('a journal that is killed while records with a dedupeKey come', function () {
  this.timeout(60_000);
  const folder = useTempFolder();

  it('has each of them once, at the place that was answered, whichever incarnation repeats it', async () => {
    const seed = Number(process.env['CHAOS_SEED'] ?? 20_261_121);
    const random = new Random(seed);
    const places: readonly Failpoint[] = ['journal.append.written', 'journal.append.committed'];
    const failpoints = join(folder.path, 'failpoints');
    mkdirSync(failpoints);
    let deaths = 0;
    do {
      if (deaths < 10) writeFileSync(join(failpoints, random.pick(places)), String(random.between(1, 8)));
      deaths++;
    } while (await dies('mortal-keys', folder.path, failpoints));
    const told = JSON.parse(readFileSync(join(folder.path, 'result'), 'utf8')) as { texts: string[]; wrong: string[] };
    expect(told.wrong, `seed ${seed}`).to.deep.equal([]);
    expect(told.texts, `seed ${seed}`).to.have.length(80);
    expect(new Set(told.texts).size, `seed ${seed}`).to.equal(80);
    expect(deaths, `seed ${seed}`).to.be.greaterThan(8);
  });
});
