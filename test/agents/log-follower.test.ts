import { copyFileSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync } from 'node:fs';
import { expect } from 'chai';
import { isPassing } from '../../agents/log-watcher/position-store.js';
import { expectError } from '../support/expect-error.js';
import { Killed } from '../support/fake-context.js';
import { useWatchWorld } from './watch-world.js';

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

describe('a log follower that meets files for the first time', () => {
  const the = useWatchWorld();

  it('records what is appended from then on, not what was there before', async () => {
    the().append('logs/app.log', 'old\n');
    await the().poll();
    the().append('logs/app.log', 'new\n');
    await the().poll();
    expect(the().records()).to.deep.equal([{ file: 'logs/app.log', line: 'new', rule: 'all', offset: 4 }]);
  });

  it('records what was there before too when it is told so', async () => {
    the().configure({ fromStart: true });
    the().append('logs/app.log', 'old\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['old']);
  });

  it('reads a line that was half written then as a whole when it is finished', async () => {
    the().append('logs/app.log', 'old\nhalf');
    await the().poll();
    the().append('logs/app.log', ' and half\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['half and half']);
  });

  it('reads a file that turns up later from its start', async () => {
    await the().poll();
    the().append('logs/app.log', 'first\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['first']);
  });

  it('reads a file from its start that turned up while it was down', async () => {
    await the().poll();
    await the().stop();
    the().append('logs/app.log', 'first\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['first']);
  });

  it('misses nothing between a first start that found no news and a kill', async () => {
    the().append('logs/app.log', 'old\n');
    await the().poll();
    await the().kill();
    the().append('logs/app.log', 'while it was down\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['while it was down']);
  });

  it('takes a pattern that is added later as it takes all at a first start', async () => {
    the().append('logs/app.log', 'a\n');
    the().append('other/old.log', 'b\n');
    await the().poll();
    await the().stop();
    the().configure({ files: ['logs/*.log', 'other/*.log'] });
    the().append('logs/app.log', 'c\n');
    await the().poll();
    the().append('other/old.log', 'd\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['c', 'd']);
  });

  it('forgets the files of a pattern that is taken away', async () => {
    the().configure({ files: ['logs/*.log', 'other/*.log'] });
    the().append('other/app.log', 'a\n');
    await the().poll();
    await the().stop();
    the().configure({});
    the().append('other/app.log', 'b\n');
    await the().poll();
    expect(the().running.follower.files).to.deep.equal([]);
    expect(the().lines()).to.deep.equal([]);
  });
});

describe('a log follower', () => {
  const the = useWatchWorld({ fromStart: true });

  it('lets an unfinished line wait for its newline, also through a restart', async () => {
    the().append('logs/app.log', 'one\ntw');
    await the().poll();
    await the().stop();
    the().append('logs/app.log', 'o');
    await the().poll();
    expect(the().lines()).to.deep.equal(['one']);
    the().append('logs/app.log', '\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'two']);
  });

  it('stores more lines than one transaction takes, in order', async () => {
    const lines = numbered(1, 12_345);
    the().append('logs/app.log', text(lines));
    await the().poll();
    expect(the().lines()).to.deep.equal(lines);
  });

  it('stores lines so long that few of them fill a transaction', async () => {
    const lines = Array.from({ length: 40 }, (_, n) => String(n % 10).repeat(60_000));
    the().append('logs/app.log', text(lines));
    await the().poll();
    expect(the().lines()).to.deep.equal(lines);
  });

  it('cuts an endless line, says so, and goes on behind its newline', async () => {
    the().append('logs/app.log', `before\n${'x'.repeat(500_000)}`);
    await the().poll();
    the().append('logs/app.log', `${'x'.repeat(300_000)}\nafter\n`);
    await the().poll();
    const [before, cut, after] = the().records();
    expect(before).to.include({ line: 'before' });
    expect(cut).to.include({ offset: 7, cutAtBytes: 65_536 });
    expect(cut?.line).to.equal('x'.repeat(65_536));
    expect(after).to.include({ line: 'after', offset: 800_008 });
    expect(the().records()).to.have.length(3);
  });

  it('records bytes that are no text with replacement characters, within the bounds of a record', async () => {
    the().append('logs/app.log', Buffer.concat([Buffer.alloc(60_000, 0xff), Buffer.from('\n'), Buffer.from([0, 10])]));
    await the().poll();
    expect(the().lines()).to.deep.equal(['\ufffd'.repeat(60_000), '\0']);
  });

  it('gives each of many files its turn', async () => {
    the().append('logs/big.log', text(numbered(1, 60_000)));
    the().append('logs/small.log', 'small\n');
    await the().running.follower.pollOnce();
    expect(the().lines().indexOf('small')).to.be.within(0, 2_500);
  });

  it('follows a file once that has several names', async () => {
    the().append('logs/a.log', 'one\n');
    linkSync(the().path('logs/a.log'), the().path('logs/b.log'));
    symlinkSync(the().path('logs/a.log'), the().path('logs/c.log'));
    await the().poll();
    expect(
      the()
        .records()
        .map(({ file, line }) => [file, line]),
    ).to.deep.equal([['logs/a.log', 'one']]);
  });

  it('follows files in folders below, and files named by an absolute path', async () => {
    the().configure({ fromStart: true, files: ['logs/**/*.log', the().path('else/x?.txt')] });
    the().append('logs/a.log', 'a\n');
    the().append('logs/deep/er/b.log', 'b\n');
    the().append('logs/deep/c.txt', 'c\n');
    the().append('else/x1.txt', 'd\n');
    await the().poll();
    const seen = the()
      .records()
      .map(({ file, line }) => `${file} ${line}`);
    expect(seen).to.have.members(['logs/a.log a', 'logs/deep/er/b.log b', `${the().path('else/x1.txt')} d`]);
  });

  it('leaves alone what matches and is no file', async () => {
    mkdirSync(the().path('logs/folder.log'), { recursive: true });
    the().append('logs/app.log', 'a\n');
    symlinkSync('/dev/zero', the().path('logs/device.log'));
    symlinkSync(the().path('logs/nothing'), the().path('logs/broken.log'));
    await the().poll();
    expect(the().lines()).to.deep.equal(['a']);
    expect(the().store.reports).to.deep.equal([]);
  });

  it('says where it is', async () => {
    the().append('logs/app.log', 'one\ntwo');
    await the().poll();
    const path = the().path('logs/app.log');
    expect(the().running.follower.files).to.deep.equal([{ file: 'logs/app.log', path, offset: 4, sizeBytes: 7 }]);
  });

  it('refuses a pattern of files or lines that cannot be meant, and names it', () => {
    the().configure({ files: ['logs/{a,b}.log'] });
    expect(expectError('CONFIG_INVALID', () => the().running).message).to.include('logs/{a,b}.log');
    the().configure({ rules: [{ name: 'broken', pattern: '(' }] });
    expect(expectError('CONFIG_INVALID', () => the().running).message).to.include('rule broken');
  });
});

describe('a log follower whose file is rotated', () => {
  const the = useWatchWorld({ fromStart: true });
  const rotate = () => renameSync(the().path('logs/app.log'), the().path('logs/app.log.1'));

  it('reads the rotated file to its end before its successor', async () => {
    the().append('logs/app.log', 'one\n');
    await the().poll();
    the().append('logs/app.log', text(numbered(2, 4_000)));
    rotate();
    the().append('logs/app.log', 'new\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', ...numbered(2, 4_000), 'new']);
    expect(
      new Set(
        the()
          .records()
          .map(({ file }) => file),
      ),
    ).to.deep.equal(new Set(['logs/app.log']));
  });

  it('does so also when that happens while it is down', async () => {
    the().append('logs/app.log', 'one\n');
    await the().poll();
    await the().kill();
    the().append('logs/app.log', 'two\n');
    rotate();
    the().append('logs/app.log', 'three\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'two', 'three']);
  });

  it('reads what a slow writer still writes to the rotated file', async () => {
    the().append('logs/app.log', 'one\n');
    await the().poll();
    rotate();
    await the().poll();
    the().append('logs/app.log.1', 'late\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'late']);
  });

  it('reads the end of a file that was deleted, with its last line though it has no newline', async () => {
    the().append('logs/app.log', 'one\n');
    await the().poll();
    the().append('logs/app.log', 'two\nthree');
    unlinkSync(the().path('logs/app.log'));
    the().append('logs/app.log', 'other\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'two', 'three', 'other']);
    expect(the().running.follower.files).to.have.length(1);
  });

  it('reads that last line also when it was waiting for its newline already', async () => {
    the().append('logs/app.log', 'one\ntwo');
    await the().poll();
    unlinkSync(the().path('logs/app.log'));
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'two']);
    expect(the().running.follower.files).to.deep.equal([]);
  });

  it('finds a file again that had no whole line yet when the watcher was killed and the file rotated', async () => {
    await the().poll();
    the().append('logs/app.log', 'ha');
    await the().poll();
    await the().kill();
    the().append('logs/app.log', 'lf\n');
    rotate();
    await the().poll();
    expect(the().lines()).to.deep.equal(['half']);
  });

  it('calls a file by its own name when its inode was that of another one', async () => {
    the().append('logs/app.log', 'one\n');
    await the().poll();
    await the().stop();
    renameSync(the().path('logs/app.log'), the().path('logs/other.log'));
    the().write('logs/other.log', 'something else\n');
    await the().poll();
    expect(the().records().at(-1)).to.include({ file: 'logs/other.log', line: 'something else', offset: 0 });
  });

  it('reads no line twice when a rotated file is found by a pattern, or is given its name back', async () => {
    the().configure({ fromStart: true, files: ['logs/app.log*'] });
    the().append('logs/app.log', 'one\n');
    await the().poll();
    rotate();
    the().append('logs/app.log', 'two\n');
    await the().poll();
    await the().stop();
    unlinkSync(the().path('logs/app.log'));
    renameSync(the().path('logs/app.log.1'), the().path('logs/app.log'));
    the().append('logs/app.log', 'three\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'two', 'three']);
  });

  it('misses no generation that came and went while it was down, when the patterns match rotated names', async () => {
    the().configure({ fromStart: true, files: ['logs/app.log*'] });
    the().append('logs/app.log', 'one\n');
    await the().poll();
    await the().kill();
    the().append('logs/app.log', 'two\n');
    rotate();
    renameSync(the().path('logs/app.log.1'), the().path('logs/app.log.2'));
    the().append('logs/app.log', 'three\n');
    rotate();
    the().append('logs/app.log', 'four\n');
    await the().poll();
    expect(the().lines()).to.have.members(['one', 'two', 'three', 'four']);
  });

  it('begins anew with a file that was truncated, also when it has grown past the old place since', async () => {
    the().append('logs/app.log', 'one\n');
    await the().poll();
    truncateSync(the().path('logs/app.log'));
    await the().poll();
    the().append('logs/app.log', 'two\n');
    await the().poll();
    the().write('logs/app.log', 'three, which is longer than before\n');
    await the().poll();
    await the().kill();
    the().write('logs/app.log', 'four, which is far longer than the one before it\n');
    await the().poll();
    expect(the().lines()).to.deep.equal([
      'one',
      'two',
      'three, which is longer than before',
      'four, which is far longer than the one before it',
    ]);
  });

  it('survives a rotation by copy and truncate', async () => {
    the().append('logs/app.log', text(numbered(1, 100)));
    await the().poll();
    copyFileSync(the().path('logs/app.log'), the().path('logs/app.log.1'));
    truncateSync(the().path('logs/app.log'));
    the().append('logs/app.log', text(numbered(101, 150)));
    await the().poll();
    expect(the().lines()).to.deep.equal(numbered(1, 150));
  });

  it('knows a file whose device has another number after a reboot', async () => {
    the().append('logs/app.log', 'one\n');
    await the().poll();
    await the().stop();
    const name = the().store.checkpointNames.find((candidate) => candidate.startsWith('positions.'));
    const value = the().store.checkpoint(String(name)) as { revision: number; files: [string, ...unknown[]][] };
    const files = value.files.map(([key, ...rest]) => [`9${key}`, ...rest]);
    the().store.commit([], { name: String(name), value: { ...value, files } });
    the().append('logs/app.log', 'two\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'two']);
  });
});

describe('a log follower whose journal has trouble', () => {
  const the = useWatchWorld({ fromStart: true });

  beforeEach(async () => {
    the().append('logs/app.log', 'one\n');
    await the().poll();
    the().append('logs/app.log', 'two\n');
  });

  const failingPoll = () =>
    the()
      .poll()
      .then(
        () => undefined,
        (error: unknown) => error,
      );

  for (const fault of ['die before commit', 'die after commit'] as const) {
    it(`records each line once when it is killed: ${fault}`, async () => {
      the().store.faults.push(fault);
      expect(await failingPoll()).to.be.instanceOf(Killed);
      await the().kill();
      await the().poll();
      expect(the().lines()).to.deep.equal(['one', 'two']);
    });
  }

  it('reads the same lines again after a refusal', async () => {
    the().store.faults.push('refuse', 'refuse');
    expect(isPassing(await failingPoll())).to.equal(true);
    expect(isPassing(await failingPoll())).to.equal(true);
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'two']);
  });

  it('asks what was stored when an answer was lost, and does not store it twice', async () => {
    the().store.faults.push('lose answer');
    await the().poll();
    the().append('logs/app.log', 'three\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'two', 'three']);
  });

  it('reads nothing before it knows what was stored, when nobody answers that either', async () => {
    the().store.faults.push('lose answer');
    the().store.silentCheckpoints = 2;
    expect(isPassing(await failingPoll())).to.equal(true);
    the().append('logs/app.log', 'three\n');
    expect(isPassing(await failingPoll())).to.equal(true);
    await the().poll();
    expect(the().lines()).to.deep.equal(['one', 'two', 'three']);
  });

  it('does not store again what it passed over, once the journal answers', async () => {
    const { batchCount } = the().store;
    await the().poll();
    await the().poll();
    await the().poll();
    expect(the().store.batchCount).to.equal(batchCount + 1);
  });
});

describe('a log follower that cannot follow everything', () => {
  const the = useWatchWorld({ fromStart: true, filesMax: 2 });
  const codes = () => the().store.reports.map(({ code }) => code);

  it('says once that there are too many files, and that it is over when one is gone', async () => {
    for (const name of ['a', 'b', 'c', 'd']) the().append(`logs/${name}.log`, `${name}\n`);
    await the().poll();
    await the().poll();
    expect(the().lines()).to.have.length(2);
    expect(codes()).to.deep.equal(['LOG_UNREADABLE']);
    rmSync(the().path('logs'), { recursive: true });
    the().append('logs/e.log', 'e\n');
    await the().poll();
    await the().poll();
    expect(the().lines()).to.have.length(3).and.include('e');
    expect(codes()).to.deep.equal(['LOG_UNREADABLE', 'LOG_READABLE']);
  });

  it('gives the place of a rotated file that was read to a new one', async () => {
    the().append('logs/a.log', 'a\n');
    the().append('logs/b.log', 'b\n');
    await the().poll();
    renameSync(the().path('logs/a.log'), the().path('logs/a.old'));
    the().append('logs/c.log', 'c\n');
    await the().poll();
    expect(the().lines()).to.deep.equal(['a', 'b', 'c']);
    expect(codes()).to.deep.equal([]);
  });

  it('forgets files that are gone when their place is needed', async () => {
    the().append('logs/a.log', 'a\n');
    the().append('logs/b.log', 'b\n');
    await the().poll();
    await the().stop();
    rmSync(the().path('logs'), { recursive: true });
    the().append('logs/c.log', 'c\n');
    the().append('logs/d.log', 'd\n');
    await the().poll();
    expect(the().lines()).to.have.members(['a', 'b', 'c', 'd']);
  });
});

describe('a rule of a log follower', () => {
  const the = useWatchWorld({
    fromStart: true,
    rules: [
      { name: 'ignored', pattern: 'harmless', stream: 'noise' },
      { name: 'failure', pattern: 'ERROR|FATAL', severity: 'error' },
      { name: 'warning', pattern: 'WARN' },
      { name: 'both', pattern: 'AUDIT', severity: 'info', stream: 'audit.login' },
    ],
  });

  it('makes errors and records of the lines it is the first to match, in one transaction with the position', async () => {
    const { batchCount } = the().store;
    the().append('logs/app.log', 'ERROR disk\nall well\nWARN hot\nERROR harmless\nAUDIT root\n');
    await the().poll();
    expect(the().store.reports).to.deep.equal([
      {
        code: 'LOG_MATCH',
        message: 'ERROR disk',
        severity: 'error',
        component: 'log',
        context: { file: 'logs/app.log', rule: 'failure', offset: 0 },
      },
      {
        code: 'LOG_MATCH',
        message: 'AUDIT root',
        severity: 'info',
        component: 'log',
        context: { file: 'logs/app.log', rule: 'both', offset: 44 },
      },
    ]);
    expect(the().lines()).to.deep.equal(['WARN hot']);
    expect(the().lines('noise')).to.deep.equal(['ERROR harmless']);
    expect(the().lines('audit.login')).to.deep.equal(['AUDIT root']);
    const batches = ['the file is taken in', 'the patterns are begun', 'the lines'];
    expect(the().store.batchCount - batchCount).to.equal(batches.length);
  });

  it('stores nothing for lines that nobody asked for, and does not read them again after a stop', async () => {
    the().append('logs/app.log', 'nothing\n');
    await the().poll();
    await the().stop();
    await the().poll();
    expect(the().running.follower.files[0]).to.include({ offset: 8 });
    expect(the().store.records).to.deep.equal([]);
  });
});
