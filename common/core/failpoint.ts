/**
 * Places where a test may kill this process, exactly there and at once, as a power cut would: around every commit, send,
 * acknowledgement and prune of a record.
 *
 * Nothing happens unless the variable of tests names a folder. In it a file with the name of a place says at which pass of
 * it the process dies; the file is removed first, so the next process passes. No configuration sets the variable: those
 * of agents cannot begin with MESH_, and a node passes it on to nobody.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is committed in one transaction: it dies with all of it written and nothing committed, or with all committed. */
export const commits = [
  'journal.open',
  'journal.append',
  'journal.acknowledge',
  'journal.lost-tail',
  'journal.reissue',
  'journal.prune',
  'log.hello',
  'log.append',
  'log.prune',
] as const;
/** The same of reports of errors, which are records or counts. */
export const reportCommits = ['journal.report', 'journal.tell'] as const;
export type Commit = (typeof commits)[number] | (typeof reportCommits)[number];

/** What is said to another process. */
export const words = [
  /** The node has stored what an agent emits, and has not told it so. */
  'node.answering',
  /** A batch is about to leave for main. */
  'forwarder.sending',
  /** Main has answered, and the journal does not know it. */
  'forwarder.answered',
  /** Main has stored a batch, and has not told its sender so. */
  'log.answering',
  /** Main has stored what a member of a group said of its deliveries, and has not told it so. */
  'group.answering',
  /** A member is about to say what became of its deliveries. */
  'settler.sending',
  /** Main has answered that, and the member has done nothing since. */
  'settler.answered',
] as const;

export type Failpoint = `${Commit}.written` | `${Commit}.committed` | (typeof words)[number];

/** The variable of tests. */
export const FAILPOINTS_VARIABLE = 'MESH_TEST_FAILPOINTS';
const folder = process.env[FAILPOINTS_VARIABLE] ?? '';

export const failpoint: (place: Failpoint) => void = folder === '' ? () => undefined : pass;

function pass(place: Failpoint): void {
  const file = join(folder, place);
  const passes = passesLeft(file);
  if (passes === undefined) return;
  if (passes > 1) return writeFileSync(file, String(passes - 1));
  rmSync(file);
  // Of all threads at once; this one does not come back from the call.
  process.kill(process.pid, 'SIGKILL');
}

function passesLeft(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
