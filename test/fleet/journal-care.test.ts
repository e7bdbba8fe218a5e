/** Backup, restore, verify and questions in SQL, as people use them: by the real command, on a fleet at work. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { errorOf, type MeshRun, runMesh } from '../cli/mesh-process.js';
import { expectRejection } from '../support/expect-error.js';
import { type TestFleet, useFleet } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { storedErrors } from '../support/oracle/main-log.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

const ENDLESS = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

const mesh = (machine: TestMachine, ...args: string[]): Promise<MeshRun> =>
  runMesh(['journal', ...args], { env: { MESH_HOME: machine.home } });

async function rowsOf(run: Promise<MeshRun>): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await run;
  expect(code, stderr).to.equal(0);
  return JSON.parse(stdout);
}

async function report(machine: TestMachine, ...messages: string[]): Promise<void> {
  for (const message of messages)
    await machine.ask('error.report', { agent: 'test', report: { code: 'TEST', message, severity: 'error' } });
}

const messagesOf = ({ main }: TestFleet, code: RegExp): string[] =>
  storedErrors(main.logFile)
    .filter((stored) => code.test(stored.code))
    .map(({ message }) => message);

const untilHeard = (fleet: TestFleet, last: string): Promise<void> =>
  waitUntil(`main to hear ${last}`, () => messagesOf(fleet, /^TEST$/).includes(last));

/** Processes of care that this node has started. */
function careOf(nodePid: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const isOurs = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('care-process');
      const parentPid = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1];
      return isOurs && Number(parentPid) === nodePid ? [Number(name)] : [];
    } catch {
      return []; // it ended while we looked, or is no process
    }
  });
}

describe('the care of what is stored', function () {
  this.timeout(60_000);
  const fleet = useFleet({ settings: { pc2: { journal: { backup: { everyHours: 1, keep: 3 } } } } });

  it('backs up on schedule, from the start on', async () => {
    const { pc2 } = fleet();
    const { backups } = await waitFor('the first backup', async () => {
      const answer = await pc2.ask('journal.backups', {});
      return answer.backups.length > 0 ? answer : undefined;
    });
    expect(backups.map(({ store, machine }) => [store, machine])).to.deep.equal([['journal', 'pc2']]);
  });

  it('restores an old backup so that every later record reaches main, with one incident', async () => {
    const { pc2 } = fleet();
    await report(pc2, 'old 1', 'old 2');
    await untilHeard(fleet(), 'old 2');
    const [made] = await rowsOf(mesh(pc2, 'backup', '--machine', 'pc2', '--json'));
    expect(made).to.include({ machine: 'pc2', store: 'journal', damagedCount: 0 });
    await report(pc2, 'later 1', 'later 2');
    await untilHeard(fleet(), 'later 2');

    const early = await mesh(pc2, 'restore', String(made?.['name']), '--machine', 'pc2', '--json');
    expect([early.code, errorOf(early).code]).to.deep.equal([6, 'ALREADY_RUNNING']);
    await pc2.stop();
    const restored = await mesh(pc2, 'restore', String(made?.['name']), '--machine', 'pc2');
    expect(restored.code, restored.stderr).to.equal(0);
    expect(restored.stdout).to.match(/the journal of pc2 was restored from .*journal-pc2-.*\.db\.gz with \d+ records/);
    pc2.start();
    await pc2.ready();

    await report(pc2, 'new 1', 'new 2', 'new 3');
    await untilHeard(fleet(), 'new 3');
    expect(messagesOf(fleet(), /^TEST$/)).to.deep.equal([
      'old 1',
      'old 2',
      'later 1',
      'later 2',
      'new 1',
      'new 2',
      'new 3',
    ]);
    await waitUntil('the incident to be told', () => messagesOf(fleet(), /^JOURNAL_/).length > 0);
    expect(messagesOf(fleet(), /^JOURNAL_/)).to.deep.equal([`the journal was restored from ${made?.['name']}`]);
    expect((await rowsOf(mesh(pc2, 'verify', '--machine', 'pc2', '--json')))[0]).to.include({
      damagedCount: 0,
      missingCount: 0,
    });
  });

  it('answers questions about every journal and about the log, and says what it does not understand', async () => {
    const { main } = fleet();
    const sql = "SELECT agent, message FROM errors WHERE message = 'new 3'";
    expect(await rowsOf(mesh(main, 'sql', '--log', sql, '--json'))).to.deep.equal([
      { agent: 'test', message: 'new 3' },
    ]);
    const machines = await rowsOf(mesh(main, 'sql', 'SELECT count(*) AS journals FROM journals', '--json'));
    expect(machines.map(({ machine }) => machine)).to.deep.equal(['main', 'pc2']);
    const refused = await mesh(main, 'sql', '--log', 'DELETE FROM main.records', '--json');
    expect([refused.code, errorOf(refused).code]).to.deep.equal([2, 'USAGE']);
  });

  it('finds a record that was changed on the disk, names it, and ends with 7', async () => {
    const { pc2 } = fleet();
    const db = new Database(join(pc2.data, 'journal.db'));
    const acked = db.prepare('SELECT position FROM records ORDER BY position LIMIT 1').pluck().get();
    db.prepare("UPDATE records SET body = x'00' WHERE position = ?").run(acked);
    db.close();
    const { code, stdout, stderr } = await mesh(pc2, 'verify', '--machine', 'pc2');
    expect([code, /journal of pc2: record \d+ of [0-9a-z]{20}: its content/.test(stderr)], stdout).to.deep.equal([
      7,
      true,
    ]);
  });

  it('ends a question whose time is over, and answers others meanwhile', async () => {
    const { pc2 } = fleet();
    const { endless } = await underWay(pc2, 700);
    expect(await pc2.ask('journal.query', { sql: 'SELECT 1 AS one' })).to.deep.include({ rows: [[1]], isCut: false });
    await report(pc2, 'while a question runs');
    await expectRejection('TIMED_OUT', endless);
    await waitUntil('its process to be gone', () => careOf(pc2.nodePid).length === 0);
  });

  it('ends a question that takes too much memory', async () => {
    const { pc2 } = fleet();
    const numbers = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 480)';
    const hungry = `${numbers} SELECT length(group_concat(hex(zeroblob(1000000)), '')) FROM n`;
    const run = await mesh(pc2, 'sql', '--machine', 'pc2', '--timeout', '60s', hungry, '--json');
    expect([run.code, errorOf(run).code]).to.deep.equal([1, 'TOO_LARGE']);
  });

  it('answers so many questions at once, and no more', async () => {
    const { pc2 } = fleet();
    const ask = () => pc2.ask('journal.query', { sql: ENDLESS, timeoutMs: 1_500 });
    const outcomes = await Promise.allSettled(Array.from({ length: limits.queriesMax + 1 }, ask));
    const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'answered'));
    expect(codes.filter((code) => code === 'QUEUE_FULL')).to.have.length(1);
  });

  /** A question without end that is under way; with more time where the box is so busy that it was over before it began. */
  async function underWay(machine: TestMachine, timeoutMs: number): Promise<{ endless: Promise<unknown> }> {
    const endless = machine.ask('journal.query', { sql: ENDLESS, timeoutMs });
    let isOver = false;
    endless.catch(() => {
      isOver = true;
    });
    await waitUntil('it to run', () => isOver || careOf(machine.nodePid).length > 0);
    return isOver ? underWay(machine, 2 * timeoutMs) : { endless };
  }

  it('leaves no question behind when its node is killed', async () => {
    const { pc2 } = fleet();
    pc2.ask('journal.query', { sql: ENDLESS, timeoutMs: 60_000 }).catch(() => undefined);
    const pids = await waitFor('it to run', () => {
      const found = careOf(pc2.nodePid);
      return found.length > 0 ? found : undefined;
    });
    await pc2.killNode();
    const lives = (pid: number) => readdirSync('/proc').includes(String(pid));
    await waitUntil('the question to end', () => !pids.some(lives));
    pc2.start();
    await pc2.ready();
  });
});
