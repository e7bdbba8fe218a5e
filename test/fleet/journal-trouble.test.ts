/** The journal of pc2 is not what it was: an older backup, a flipped byte. Main is told once, and what can arrive arrives. */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { type TestFleet, useFleet } from '../support/fleet/test-fleet.js';
import { type StoredReport, storedErrors, storedHoles } from '../support/oracle/main-log.js';
import { waitUntil } from '../support/wait-for.js';

const journalOf = ({ pc2 }: TestFleet): string => join(pc2.data, 'journal.db');

/** What main holds: the messages of our reports, in order, and the codes of what the mesh says of itself. */
function heard({ main }: TestFleet): { ours: string[]; incidents: string[]; stored: StoredReport[] } {
  const stored = storedErrors(main.logFile);
  return {
    stored,
    ours: stored.filter(({ code }) => code === 'TEST').map(({ message }) => message),
    incidents: stored.filter(({ code }) => code.startsWith('JOURNAL_')).map(({ code }) => code),
  };
}

/** The numbers that they have in the journal. */
async function report({ pc2 }: TestFleet, ...messages: string[]): Promise<number[]> {
  const seqs: number[] = [];
  for (const message of messages) {
    const { seq } = await pc2.ask('error.report', {
      agent: 'test',
      report: { code: 'TEST', message, severity: 'error' },
    });
    seqs.push(seq);
  }
  return seqs;
}

async function untilHeard(fleet: TestFleet, ...messages: string[]): Promise<void> {
  await waitUntil(`main to hear ${messages.join(', ')}`, () => {
    const { ours } = heard(fleet);
    return messages.every((message) => ours.includes(message));
  });
}

/** A new node; resolves when all that it had to say at its start is on main. */
async function restart(fleet: TestFleet, change: () => void = () => undefined): Promise<void> {
  const { pc2 } = fleet;
  await pc2.stop();
  change();
  pc2.start();
  await pc2.ready();
}

function backUp(fleet: TestFleet): void {
  const db = new Database(journalOf(fleet), { readonly: true });
  db.prepare('VACUUM INTO ?').run(`${journalOf(fleet)}.backup`);
  db.close();
}

function restore(fleet: TestFleet): void {
  for (const suffix of ['-wal', '-shm']) rmSync(`${journalOf(fleet)}${suffix}`, { force: true });
  rmSync(journalOf(fleet));
  copyFileSync(`${journalOf(fleet)}.backup`, journalOf(fleet));
  rmSync(`${journalOf(fleet)}.backup`);
}

/** The incidents so far, after one more restart: what is told once is told once. */
async function incidentsAfterRestart(fleet: TestFleet, mark: string): Promise<string[]> {
  await restart(fleet);
  await report(fleet, mark);
  await untilHeard(fleet, mark);
  return heard(fleet).incidents;
}

describe('a journal restored from an older backup', () => {
  const fleet = useFleet({});

  it('costs nothing on main: all new records arrive, and one incident says that its tail was lost', async () => {
    await report(fleet(), 'old 1', 'old 2');
    await untilHeard(fleet(), 'old 2');
    backUp(fleet()); // while the node writes it
    await report(fleet(), 'later 1', 'later 2');
    await untilHeard(fleet(), 'later 2');
    await restart(fleet(), () => restore(fleet()));
    await report(fleet(), 'new 1', 'new 2', 'new 3');
    await untilHeard(fleet(), 'new 3');
    expect(await incidentsAfterRestart(fleet(), 'after')).to.deep.equal(['JOURNAL_LOST_TAIL']);
    const all = ['old 1', 'old 2', 'later 1', 'later 2', 'new 1', 'new 2', 'new 3', 'after'];
    expect(heard(fleet()).ours).to.deep.equal(all);
  });

  it('costs nothing either when a whole opening of the journal is gone with it', async () => {
    const before = heard(fleet()).ours;
    await restart(fleet(), () => backUp(fleet()));
    await report(fleet(), 'gone 1', 'gone 2');
    await untilHeard(fleet(), 'gone 2');
    await restart(fleet(), () => restore(fleet()));
    await report(fleet(), 'fresh 1', 'fresh 2', 'fresh 3');
    await untilHeard(fleet(), 'fresh 3');
    const told = ['JOURNAL_LOST_TAIL', 'JOURNAL_LOST_TAIL'];
    expect(await incidentsAfterRestart(fleet(), 'at last')).to.deep.equal(told);
    const all = [...before, 'gone 1', 'gone 2', 'fresh 1', 'fresh 2', 'fresh 3', 'at last'];
    expect(heard(fleet()).ours).to.deep.equal(all);
  });
});

describe('a byte flipped in a stored record that main does not have yet', () => {
  const fleet = useFleet({});

  it('is told, costs that record alone, and is never passed on', async () => {
    const { pc2, link } = fleet();
    link.cut();
    const [, damagedSeq] = await report(fleet(), 'before', 'the one to be damaged', 'behind');
    await pc2.stop();
    flipByteOf(journalOf(fleet()), 'the one to be damaged');
    pc2.start();
    await waitUntil('the node to answer', async () => (await pc2.ask('node.status', {})).phase !== 'starting');
    await report(fleet(), 'afterwards');
    link.restore();
    await untilHeard(fleet(), 'before', 'behind', 'afterwards');
    expect(await incidentsAfterRestart(fleet(), 'later')).to.deep.equal(['JOURNAL_DAMAGED']);

    const { stored, ours } = heard(fleet());
    expect(ours).to.deep.equal(['before', 'behind', 'afterwards', 'later']);
    expect(stored.map(({ message }) => message).filter((message) => /damaged/.test(message))).to.have.length(1);
    const [hole, ...others] = storedHoles(fleet().main.logFile);
    expect(others).to.deep.equal([]);
    expect(hole).to.include({ seq: damagedSeq, reason: 'its content does not match its hash' });
    const { integrity } = (await (await pc2.mesh()).request('log', 'log.read', { last: 1 })).records[0] ?? {};
    expect(integrity).to.equal('verified');
  });
});

/** In the file itself, as a bad disk would: no index and no checksum of SQLite notices. */
function flipByteOf(file: string, text: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text);
  expect(at, `"${text}" in ${file}`).to.be.greaterThan(0);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(file, bytes);
}
