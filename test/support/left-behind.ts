/**
 * What a file of tests leaves behind fails it: child processes, open files and sockets of the process that ran it, and
 * files in its temporary folder. Mocha loads it (`require` in .mocharc.json) into each of the processes among which it
 * shares out the files; it ends those by force, so nothing else would notice what still keeps one of them alive.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from './wait-for.js';

/** libzmq closes in a thread of its own, and a process that was killed is gone a moment later; on a busy box much later. */
const GONE_MS = 30_000;

/** Elsewhere only the folder is looked at. */
const hasProc = existsSync('/proc/self/fd');

/** Of the files of this process, those that somebody must have closed: descriptor → what it is. */
function openFiles(): Map<string, string> {
  if (!hasProc) return new Map();
  const files = readdirSync('/proc/self/fd').map((fd): [string, string] => [fd, linkOf(fd)]);
  return new Map(files.filter(([, link]) => link.startsWith('socket:') || link.startsWith('/')));
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the one that the list itself was read with
  }
}

function children(): string[] {
  if (!hasProc) return [];
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === process.pid);
}

function parentOf(pid: string): number {
  try {
    // The name of a program may hold anything, a `)` too.
    const [, fields = ''] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return Number(fields.split(' ')[1]);
  } catch {
    return 0;
  }
}

const commandOf = (pid: string): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();

let folder = '';
let before = new Map<string, string>();
let programsBefore: string[] = [];
const folderBefore = process.env['TMPDIR'];

function leftBehind(): string[] {
  const open = [...openFiles()].filter(([fd, link]) => before.get(fd) !== link);
  return [
    ...children()
      .filter((pid) => !programsBefore.includes(pid))
      .map((pid) => `process ${pid}: ${commandOf(pid)}`),
    ...open.map(([fd, link]) => `open file ${fd}: ${link}`),
    ...readdirSync(folder).map((name) => `temporary ${name}`),
  ];
}

export const mochaHooks = {
  beforeAll(): void {
    folder = mkdtempSync(join(tmpdir(), 't-')); // short: paths of sockets may have 107 bytes
    process.env['TMPDIR'] = folder;
    programsBefore = children();
    before = openFiles();
  },
  async afterAll(this: Mocha.Context): Promise<void> {
    const suites = this.test?.parent?.suites.map(({ file }) => file) ?? [];
    try {
      await waitUntil('nothing to be left', () => leftBehind().length === 0, GONE_MS).catch(() => {
        throw new Error(`${[...new Set(suites)].join(', ')} left behind:\n${leftBehind().join('\n')}`);
      });
    } finally {
      if (folderBefore === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = folderBefore;
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
