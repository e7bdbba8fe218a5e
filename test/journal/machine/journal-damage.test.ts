/**
 * What was changed on disk is never passed on as if it had been written so. Each property prints the seed of a failure;
 * `FC_SEED=<seed>` runs that one again.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { isSound } from '../../../common/journal/care/store-verdict.js';
import { verifyStore } from '../../../common/journal/care/verify-store.js';
import type { LogRecord } from '../../../common/journal/log/log-reader.js';
import { LogStore } from '../../../common/journal/log/log-store.js';
import { JournalStore } from '../../../common/journal/machine/journal-store.js';
import type { ChainEntry } from '../../../common/journal/record.js';
import { append, forward, pendingOf, recordOf, recordsOf, textOf, useWorld, type World } from '../world.js';

const RECORDS = 12;
const seed = process.env['FC_SEED'];
const parameters = { numRuns: 120, ...(seed === undefined ? {} : { seed: Number(seed) }) };

/** A closed journal with one chain of `RECORDS` pending records; its id. */
function writtenJournal(world: World): string {
  const { store } = world.journal();
  const { journalId } = append(store, {
    records: recordsOf(RECORDS),
    checkpoint: { agent: 'w', name: 'pos', bytes: Buffer.from('checkpoint') },
  });
  store.close();
  return journalId;
}

/** The entries of the old chain after reopening, with what opening said. */
function reopened(world: World, journalId: string) {
  const { store, findings } = world.journal();
  const entries = pendingOf(store).find((run) => run.journalId === journalId)?.entries ?? [];
  return { store, findings, entries };
}

const textsBut = (seq: number): string[] =>
  recordsOf(RECORDS).map((record, index) => (index + 1 === seq ? `hole ${seq}` : textOf(record)));

describe('a byte flipped in a row of the journal', () => {
  const world = useWorld();

  it('makes a hole of that row alone, in any column but its hash', () => {
    let file: Buffer | undefined;
    let journalId = '';
    const place = fc.record({
      seq: fc.integer({ min: 1, max: RECORDS }),
      column: fc.constantFrom('ts', 'stream', 'agent', 'epoch', 'body'),
      bit: fc.nat({ max: 6 }),
    });
    fc.assert(
      fc.property(place, ({ seq, column, bit }) => {
        if (file === undefined) {
          journalId = writtenJournal(world());
          file = readFileSync(world().path('journal.db'));
        }
        writeFileSync(world().path('journal.db'), file);
        world().edit('journal.db', (db) => flipCell(db, column, seq, bit));
        const { store, findings, entries } = reopened(world(), journalId);
        store.close();
        expect(entries.map(textOf)).to.deep.equal(textsBut(seq));
        expect(findings.map((finding) => [finding.kind, 'seq' in finding && finding.seq])).to.deep.equal([
          ['damaged', seq],
        ]);
      }),
      parameters,
    );
  });

  it('costs nothing where it was in the hash: the next row or the head proves the record, and the hash is written anew', () => {
    const journalId = writtenJournal(world());
    for (const seq of [1, 5, RECORDS]) {
      world().edit('journal.db', (db) => flipCell(db, 'hash', seq, 3));
      const { store, findings, entries } = reopened(world(), journalId);
      expect(entries.map(textOf)).to.deep.equal(textsBut(0));
      expect(findings.map((finding) => 'isRepaired' in finding && [finding.seq, finding.isRepaired])).to.deep.equal([
        [seq, true],
      ]);
      store.close();
      const again = reopened(world(), journalId);
      expect(again.findings).to.deep.equal([]);
      again.store.close();
    }
  });

  it('in two neighbours costs both, never the rest', () => {
    const journalId = writtenJournal(world());
    world().edit('journal.db', (db) => {
      for (const seq of [5, 6]) flipCell(db, 'body', seq, 1);
    });
    expect(
      reopened(world(), journalId)
        .entries.map(textOf)
        .filter((text) => text.startsWith('hole')),
    ).to.deep.equal(['hole 5', 'hole 6']);
  });

  it('is seen by a walk over what was acknowledged, and by who looks at the records', () => {
    const { store } = world().journal();
    const { journalId } = append(store, { records: recordsOf(RECORDS) });
    store.acknowledge({ journalId, seq: RECORDS });
    world().edit('journal.db', (db) => flipCell(db, 'body', 4, 1));
    const { findings } = verifyStore(world().path('journal.db'), 'journal', () => undefined);
    expect(findings.map(({ seq }) => seq)).to.deep.equal([4]);
    const integrities = store.tail({ afterPosition: 2, limit: 3 }).map(({ integrity }) => integrity);
    expect(integrities).to.deep.equal(['verified', 'damaged', 'verified']);
  });

  it('in the row of a chain puts the file aside, for a wrong mark would make records vanish', () => {
    for (const column of ['acked_seq', 'head_seq', 'base_seq', 'first_position', 'opened_ms']) {
      writtenJournal(world());
      world().edit('journal.db', (db) => db.exec(`UPDATE chains SET ${column} = ${column} + 1`));
      const { store, findings } = world().journal();
      expect(
        findings.map(({ kind }) => kind),
        column,
      ).to.deep.equal(['quarantined']);
      store.close();
    }
  });
});

describe('a row that is gone', () => {
  const world = useWorld();

  it('is a hole without a hash, and what follows is passed on', () => {
    const journalId = writtenJournal(world());
    world().edit('journal.db', (db) => db.exec('DELETE FROM records WHERE position IN (4, 12)'));
    const { entries, findings } = reopened(world(), journalId);
    expect(entries.filter(({ kind }) => kind === 'hole').map(({ seq }) => seq)).to.deep.equal([4, 12]);
    expect(entries.map(({ hash }) => hash === null).indexOf(true)).to.equal(3);
    expect(entries.at(-1)?.hash).to.not.equal(null); // the head of the chain is known without its row
    expect(findings).to.have.length(2);
  });

  it('goes to the log as a hole, and the chain goes on', () => {
    writtenJournal(world());
    world().edit('journal.db', (db) => {
      db.exec('DELETE FROM records WHERE position = 4');
      flipCell(db, 'body', 8, 0);
    });
    const { store } = world().journal();
    const log = world().log();
    forward(store, log);
    append(store, { records: [recordOf('later')] });
    forward(store, log);
    const texts = log.read({}).records.map(textOf);
    expect(texts).to.deep.equal([...textsBut(0).filter((_, index) => ![3, 7].includes(index)), 'later']);
    expect(log.status().holeCount).to.equal(2);
  });

  it('is told when the records are written again into a new chain', () => {
    const journalId = writtenJournal(world());
    world().edit('journal.db', (db) => flipCell(db, 'body', 8, 0));
    const { store } = world().journal();
    const { reissuedCount, damaged } = store.reissue({ journalId, fromSeq: 1, wallMs: 5 });
    expect([reissuedCount, damaged.map(({ seq }) => seq)]).to.deep.equal([RECORDS - 1, [8]]);
  });
});

describe('a byte flipped anywhere in the files', () => {
  const world = useWorld();
  const originals = new Map(recordsOf(RECORDS).map((record, index) => [index + 1, textOf(record)]));

  /** Every record that comes out must be the one that went in. */
  function expectNoLies(entries: readonly ChainEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'record')
        expect([entry.seq, textOf(entry)]).to.deep.equal([entry.seq, originals.get(entry.seq)]);
    }
  }

  it('is refused, put aside, a hole, or harmless; never a changed record, and never a silent loss', () => {
    const journalId = writtenJournal(world());
    const intact = readFileSync(world().path('journal.db'));
    fc.assert(
      fc.property(fc.nat({ max: intact.byteLength - 1 }), fc.nat({ max: 7 }), (at, bit) => {
        const file = world().path(`flip-${at}-${bit}.db`);
        const bytes = Buffer.from(intact);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        writeFileSync(file, bytes);
        let opened: ReturnType<typeof JournalStore.open>;
        try {
          opened = JournalStore.open({ file, machine: 'pc2', wallMs: 1 });
        } catch (thrown) {
          expect(thrown).to.have.property('code'); // loud: nothing starts
          return;
        }
        try {
          const entries = pendingOf(opened.store).find((run) => run.journalId === journalId)?.entries ?? [];
          expectNoLies(entries);
          const recordCount = entries.filter(({ kind }) => kind === 'record').length;
          if (recordCount < RECORDS) expect(opened.findings).to.not.deep.equal([]);
        } finally {
          opened.store.close();
        }
      }),
      parameters,
    );
  });

  it('in the write-ahead log, at worst cuts the tail, which shows against the head that the log holds', () => {
    const { store } = world().journal();
    for (const record of recordsOf(RECORDS)) append(store, { records: [record] });
    const { journalId } = store.status();
    const intact = ['', '-wal'].map((suffix) => readFileSync(world().path(`journal.db${suffix}`)));
    const [database = Buffer.alloc(0), wal = Buffer.alloc(0)] = intact;
    fc.assert(
      fc.property(fc.nat({ max: wal.byteLength - 1 }), fc.nat({ max: 7 }), (at, bit) => {
        const file = world().path(`wal-${at}-${bit}.db`);
        const bytes = Buffer.from(wal);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        writeFileSync(file, database);
        writeFileSync(`${file}-wal`, bytes);
        const opened = JournalStore.open({ file, machine: 'pc2', wallMs: 1 });
        try {
          const entries = pendingOf(opened.store).find((run) => run.journalId === journalId)?.entries ?? [];
          expectNoLies(entries);
          expect(entries.map(({ kind }) => kind)).to.not.include('hole');
          const chain = opened.store.status().chains.find((candidate) => candidate.journalId === journalId);
          expect(chain?.headSeq ?? 0).to.equal(entries.length);
        } finally {
          opened.store.close();
        }
      }),
      parameters,
    );
  });

  it('leaves the journal usable after it was put aside with its log', () => {
    writtenJournal(world());
    copyFileSync(world().path('journal.db'), world().path('copy.db'));
    writeFileSync(world().path('journal.db'), readFileSync(world().path('journal.db')).fill(0xff, 0, 64));
    const { store } = world().journal();
    expect(append(store, { records: recordsOf(1) }).firstSeq).to.equal(1);
  });
});

function flipCell(
  db: { prepare(sql: string): { get(...values: unknown[]): unknown; run(...values: unknown[]): unknown } },
  column: string,
  seq: number,
  bit: number,
): void {
  const row = db.prepare(`SELECT ${column} AS cell FROM records WHERE position = ?`).get(seq);
  const cell = typeof row === 'object' && row !== null && 'cell' in row ? row.cell : undefined;
  db.prepare(`UPDATE records SET ${column} = ? WHERE position = ?`).run(flipped(cell, bit), seq);
}

function flipped(cell: unknown, bit: number): unknown {
  if (typeof cell === 'number') return cell % 2 ** (bit + 1) < 2 ** bit ? cell + 2 ** bit : cell - 2 ** bit;
  const bytes =
    typeof cell === 'string' ? Buffer.from(cell) : cell instanceof Uint8Array ? Buffer.from(cell) : Buffer.alloc(1);
  bytes.writeUInt8(bytes.readUInt8(0) ^ (1 << bit), 0);
  return typeof cell === 'string' ? bytes.toString() : bytes;
}

describe("a byte flipped anywhere in the file of main's log", () => {
  const world = useWorld();

  it('is refused, put aside, told where the record is read, or harmless; never a changed record', () => {
    const { store } = world().journal();
    const log = world().log();
    append(store, { records: recordsOf(RECORDS) });
    forward(store, log);
    log.close();
    const intact = readFileSync(world().path('mesh.db'));
    const originals = recordsOf(RECORDS).map(textOf);
    fc.assert(
      fc.property(fc.nat({ max: intact.byteLength - 1 }), fc.nat({ max: 7 }), (at, bit) => {
        const file = world().path(`log-${at}-${bit}.db`);
        const bytes = Buffer.from(intact);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        writeFileSync(file, bytes);
        const options = { file, wallMs: 1, errorStream: 'errors', groupOf: () => undefined };
        let opened: ReturnType<typeof LogStore.open>;
        try {
          opened = LogStore.open(options);
        } catch (thrown) {
          expect(thrown).to.have.property('code'); // loud: nothing starts
          return;
        }
        try {
          const records = readAll(opened.store);
          for (const record of records)
            if (record.integrity === 'verified') expect(textOf(record)).to.equal(originals[record.seq - 1]);
          if (records.length < RECORDS && opened.findings.length === 0) expect(isToldMissing(file)).to.equal(true);
        } finally {
          opened.store.close();
        }
      }),
      parameters,
    );
  });

  /** Nothing when the file says itself that it is damaged. */
  function readAll(log: LogStore): readonly LogRecord[] {
    try {
      return log.read({ limit: 1_000 }).records;
    } catch (thrown) {
      expect(thrown).to.have.property('code', 'JOURNAL_DAMAGED');
      return [];
    }
  }

  /** By the walk, which everybody can ask for. */
  function isToldMissing(file: string): boolean {
    try {
      return !isSound(verifyStore(file, 'log', () => undefined));
    } catch {
      return true;
    }
  }
});
