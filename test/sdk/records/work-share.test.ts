/** Work that is shared out to processes which are killed: the short form of `npm run proof -- --only groups`. */
import { expect } from 'chai';
import { StreamWorker } from '../../support/processes/stream-worker.js';
import { Random } from '../../support/random.js';
import { runCrew } from '../../support/runs/crew-run.js';
import { waitUntil } from '../../support/wait-for.js';
import { LogWorld } from './log-world.js';

const seed = Number(process.env['CHAOS_SEED'] ?? 1);

describe('work that processes share', () => {
  it(`is all done, and each piece settled once, though some are killed with their hands full (CHAOS_SEED=${seed})`, async function () {
    this.timeout(90_000);
    const recordCount = 4_000;
    const { state, undone, repeatedCount } = await runCrew({
      ...{ random: new Random(seed), recordCount, kills: 3, inHand: 50 },
    });
    expect(undone).to.deep.equal([]);
    expect(state).to.include({ settled: recordCount, pending: 0, inFlight: 0, dead: 0 });
    // What the killed ones had done and could not say any more was done again, and nothing else.
    expect(state.redelivered).to.be.at.least(repeatedCount);
    expect(state.redelivered).to.be.greaterThan(50);
  });

  it('leaves nothing in the hands of a process that ends well', async () => {
    const world = new LogWorld();
    const workers: StreamWorker[] = [];
    try {
      await world.open();
      await world.emit(400);
      for (const name of ['a', 'b'])
        workers.push(new StreamWorker({ log: world.endpoint, name, inFlight: 4, workMs: 1 }));
      await waitUntil('both to be at work', () => workers.every(({ done }) => done.length > 20));
      await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
      const [state] = (await world.log.request('group.list', {})).groups;
      expect(state).to.include({ inFlight: 0 });
      expect(state?.members).to.deep.equal([]);
      // On a busy box one may take longer than its record waits for a word: then another one does it too.
      expect(state?.settled).to.equal(new Set(workers.flatMap(({ done }) => done)).size);
    } finally {
      await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
      await world.close();
    }
  });
});
