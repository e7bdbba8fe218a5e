import { copyFileSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import { expect } from 'chai';
import { numbered, text, useWatchWorld } from './watch-world.js';

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
