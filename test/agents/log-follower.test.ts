import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { expect } from 'chai';
import { expectError } from '../support/expect-error.js';
import { numbered, text, useWatchWorld } from './watch-world.js';

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
