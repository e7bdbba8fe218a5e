/** The oracle must be able to say no: each way to go wrong, told apart from the others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { judge, Ledger, type MainRecord, type Verdict } from '../support/oracle/oracle.js';

const J = 'journal-one';
/** Three records, all accepted, as main should hold them. */
const good: readonly MainRecord[] = [1, 2, 3].map((seq) => ({ journalId: J, seq, text: `text ${seq}` }));
const [first, second, third] = good as [MainRecord, MainRecord, MainRecord];
type Complaints = Pick<Verdict, 'lost' | 'duplicated' | 'phantom' | 'disordered' | 'mismatched'>;

const cases: readonly (readonly [string, readonly MainRecord[], Partial<Record<keyof Complaints, number>>])[] = [
  ['everything is there once and in order', good, {}],
  ['one is missing', [first, third], { lost: 1 }],
  ['one is there twice', [...good, { ...third, seq: 4 }], { duplicated: 1, mismatched: 1 }],
  ['one was never attempted', [...good, { journalId: J, seq: 4, text: 'invented' }], { phantom: 1 }],
  ['two changed places', [first, third, second], { disordered: 2 }],
  ['one was changed', [first, { ...second, text: 'altered' }, third], { lost: 1, phantom: 1 }],
  ['one is under another number', [first, second, { ...third, seq: 9 }], { mismatched: 1 }],
  ['one is in another journal', [first, second, { ...third, journalId: 'other' }], { mismatched: 1 }],
];

describe('the oracle', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-oracle-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function ledger(): { file: string; ledger: Ledger } {
    const file = join(folder, 'ledger');
    const kept = new Ledger(file);
    for (const { text, journalId, seq } of good) {
      kept.attempted(text);
      kept.accepted(text, journalId, seq);
    }
    return { file, ledger: kept };
  }

  for (const [what, mainRecords, complaints] of cases) {
    it(`says so when ${what}`, () => {
      const { file, ledger: kept } = ledger();
      kept.close();
      const { lost, duplicated, phantom, disordered, mismatched } = judge({ ledgerFiles: [file], mainRecords });
      const counts = Object.entries({ lost, duplicated, phantom, disordered, mismatched })
        .filter(([, found]) => found.length > 0)
        .map(([name, found]) => [name, found.length]);
      expect(Object.fromEntries(counts)).to.deep.equal(complaints);
    });
  }

  it('counts what ended in neither yes nor no by itself, on main or not', async () => {
    const { file, ledger: kept } = ledger();
    for (const text of ['arrived', 'gone', 'no']) kept.attempted(text);
    kept.refused('no');
    kept.close();
    await appendFile(file, 'attempted 0123'); // the producer was killed while it wrote
    const verdict = judge({ ledgerFiles: [file], mainRecords: [...good, { journalId: J, seq: 4, text: 'arrived' }] });
    expect(verdict).to.include({ attemptedCount: 6, acceptedCount: 3 });
    expect(verdict).to.include({ indeterminateCount: 2, indeterminateOnMainCount: 1 });
    expect([verdict.lost, verdict.phantom]).to.deep.equal([[], []]);
  });
});
