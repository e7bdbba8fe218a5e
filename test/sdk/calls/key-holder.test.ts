/** A call with a key, and the instance that may have run it: nobody else is asked as long as that one lives. */
import { expect } from 'chai';
import { until } from '../../support/wait-for.js';
import { CallWorld } from './call-world.js';

describe('a call with a key whose instance keeps silent', () => {
  let world: CallWorld;
  const asked: string[] = [];
  let answer: () => void;

  beforeEach(async () => {
    world = new CallWorld();
    asked.length = 0;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    for (const instance of ['till@main', 'till@pc2', 'till@pc3']) {
      await world.serve(instance, {
        pay: async () => {
          asked.push(instance);
          await answered;
          return instance;
        },
      });
    }
    // The first silence opens its breaker: for every other call it is left alone.
    world.rule({
      match: { action: 'pay' },
      attemptTimeoutMs: 50,
      breaker: { consecutiveFailures: 1, openMs: 10_000 },
    });
  });
  afterEach(() => {
    answer();
    return world.close();
  });

  const pay = () => world.router.call('till.pay', {}, { idempotencyKey: 'order 1', retries: 5, timeoutMs: 5_000 });

  it('is repeated there and nowhere else, though its breaker is open', async () => {
    const paying = pay();
    await until(() => asked.length === 3);
    answer();
    const holder = await paying;
    expect(new Set(asked)).to.deep.equal(new Set([holder]));
  });

  it('goes elsewhere when it died', async () => {
    const paying = pay();
    await until(() => asked.length === 2);
    const [first = ''] = asked;
    world.tell(first, { state: 'backoff' });
    await until(() => asked.some((instance) => instance !== first));
    answer();
    expect(await paying).to.not.equal(first);
  });
});
