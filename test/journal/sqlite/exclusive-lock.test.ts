import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { acquireLock } from '../../../common/journal/sqlite/exclusive-lock.js';
import { failureOf, useWorld } from '../world.js';

const holder = fileURLToPath(new URL('../../fixtures/lock-holder.js', import.meta.url));

describe('an exclusive lock', () => {
  const world = useWorld();
  const acquire = () => acquireLock(world().path('run/node.lock'), 'the node of machine pc2');

  it('is held by one process, which is named to the next, and is free the moment that one is killed', async () => {
    const child = spawn(process.execPath, [holder, world().path('run/node.lock')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    try {
      await once(child.stdout, 'data');
      const failure = failureOf(acquire);
      expect(failure.code).to.equal('ALREADY_RUNNING');
      expect(failure.message).to.equal(`the node of machine pc2 runs already (pid ${child.pid})`);
      expect(failure.details?.['pid']).to.equal(child.pid);
      expect(failure.hint).to.contain('mesh down');
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
    acquire().release();
  });

  it('is held against the same process as well, until it is released', () => {
    const lock = acquire();
    expect(failureOf(acquire).details?.['pid']).to.equal(process.pid);
    lock.release();
    lock.release();
    expect(existsSync(world().path('run/node.lock.pid'))).to.equal(false);
    acquire().release();
  });
});
