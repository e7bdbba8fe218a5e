import { expect } from 'chai';
import { systemClock } from '../../common/core/clock.js';
import { Registry } from '../../common/registry/registry.js';
import { RegistryMethods } from '../../common/registry/registry-methods.js';
import { Waiters } from '../../common/registry/waiters.js';
import { table } from './world.js';

/** Long enough that a test which relied on it would be seen to hang. */
const LONG_MS = 600_000;

describe('waiters', () => {
  it('are all woken by a notification', async () => {
    const waiters = new Waiters();
    const waits = [waiters.wait(LONG_MS), waiters.wait(LONG_MS)];
    waiters.notify();
    expect(await Promise.all(waits)).to.deep.equal([true, true]);
    expect(waiters.count).to.equal(0);
  });

  it('end when their time has passed', async () => {
    expect(await new Waiters().wait(1)).to.equal(false);
    expect(await new Waiters().wait(0)).to.equal(false);
  });

  it('do not miss what happened between looking and waiting', async () => {
    const waiters = new Waiters();
    const { mark } = waiters;
    waiters.notify();
    expect(await waiters.wait(LONG_MS, mark)).to.equal(true);
  });

  it('are bounded: one too many is answered at once, and counted', async () => {
    const waiters = new Waiters(1);
    const first = waiters.wait(LONG_MS);
    expect(await waiters.wait(LONG_MS)).to.equal(false);
    expect(waiters.counters).to.deep.equal({ waits: 1, refusedWaits: 1 });
    waiters.close();
    expect(await first).to.equal(false);
    expect(await waiters.wait(LONG_MS)).to.equal(false);
  });
});

describe('registry methods', () => {
  const open = () => {
    const registry = new Registry({ epoch: 1 });
    const methods = new RegistryMethods(registry.rows, systemClock);
    methods.apply((now) => registry.sync(table('main'), now));
    return { registry, methods };
  };

  it('hold a watch open until a row changes', async () => {
    const { registry, methods } = open();
    const { epoch, revision } = registry.rows;
    const watch = methods.handlers['registry.watch']({ epoch, revision, waitMs: LONG_MS });
    methods.apply((now) => registry.tick(now));
    expect(methods.waiters.count).to.equal(1);
    methods.apply((now) => registry.sync(table('main', { revision: 2, agents: [] }), now));
    expect(await watch).to.deep.include({ epoch, revision: revision + 1 });
  });

  it('answer a watch without news when its time has passed or the server closes', async () => {
    const { registry, methods } = open();
    const { epoch, revision } = registry.rows;
    expect(await methods.handlers['registry.watch']({ epoch, revision, waitMs: 1 })).to.deep.equal({ epoch, revision });
    expect(await methods.handlers['registry.watch']({ epoch, revision })).to.deep.equal({ epoch, revision });
    const watch = methods.handlers['registry.watch']({ epoch, revision, waitMs: LONG_MS });
    methods.close();
    expect(await watch).to.deep.equal({ epoch, revision });
  });
});
