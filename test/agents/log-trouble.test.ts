import { renameSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import { isPassing } from '../../agents/log-watcher/position-store.js';
import { Killed } from '../support/fakes/fake-context.js';
import { useWatchWorld } from './watch-world.js';

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
