/** Work that is shared out to processes, one of which is killed in the middle of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { waitFor, waitUntil } from '../../support/wait-for.js';
import { LogWorld } from './log-world.js';

const PROGRAM = fileURLToPath(new URL('../../fixtures/stream-worker.js', import.meta.url));
const COUNT = 900;

class Worker {
  readonly done: number[] = [];
  readonly #child: ChildProcess;

  constructor(log: string, name: string) {
    this.#child = spawn(process.execPath, [PROGRAM, log, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { stdout } = this.#child;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.done.push(Number(line)));
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }
}

describe('work that processes share', () => {
  const world = new LogWorld();
  let workers: Worker[] = [];

  before(() => world.open());
  after(async () => {
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    await world.close();
  });

  it('is all done, and each piece settled once, though one of them is killed with its hands full', async () => {
    await world.emit(COUNT);
    workers = ['a', 'b', 'c', 'd'].map((name) => new Worker(world.endpoint, name));
    const [victim] = workers;
    await waitUntil('all of them to be at work', () => workers.every(({ done }) => done.length > 20));
    await victim?.end('SIGKILL');
    const group = await waitFor('everything to be settled', async () => {
      const [state] = (await world.log.request('group.list', {})).groups;
      return state?.floorId === COUNT ? state : undefined;
    });
    const done = workers.flatMap((worker) => worker.done);
    expect(new Set(done).size).to.equal(COUNT);
    expect(group).to.include({ settled: COUNT, pending: 0, inFlight: 0, dead: 0 });
    // What the killed one had done and could not say any more was done again, and nothing else.
    expect(group.redelivered).to.be.at.least(done.length - COUNT);
    expect(workers.map((worker) => worker.done.length > 20)).to.deep.equal([true, true, true, true]);
  });

  it('leaves nothing in the hands of a process that ends well', async () => {
    const rest = workers.slice(1);
    await Promise.all(rest.map((worker) => worker.end('SIGTERM')));
    const [state] = (await world.log.request('group.list', {})).groups;
    expect(state?.inFlight).to.equal(0);
    expect(state?.members.filter((member) => !member.startsWith('a@'))).to.deep.equal([]);
  });
});
