/** Streams in a fleet at work: who may write them, and what main keeps, as the files say it and after they have changed. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { runMesh } from '../cli/mesh-process.js';
import { expectRejection } from '../support/expect-error.js';
import { echo, useFleet } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { waitUntil } from '../support/wait-for.js';

interface Row {
  readonly stream: string;
  readonly count: number;
  readonly pruned: number;
  readonly keep: object | null;
  readonly writers: readonly string[] | null;
}

describe('streams in a fleet at work', () => {
  const fleet = useFleet({ main: { echo }, pc2: { echo } });
  const mesh = (...args: string[]) => runMesh(args, { cwd: fleet().main.home });
  const write = ({ home }: TestMachine, ...lines: string[]) =>
    writeFileSync(join(home, 'config/streams.yaml'), lines.join('\n'));
  const emit = async (machine: TestMachine, stream: string) => (await machine.mesh()).emit(stream, { n: 1 });

  async function row(name: string): Promise<Row | undefined> {
    const { stdout } = await mesh('stream', 'ls', '--json');
    return (JSON.parse(stdout) as Row[]).find(({ stream }) => stream === name);
  }

  /** How many main holds: asked of its log, for a command of each look would take a core. */
  async function countOf(name: string): Promise<number | undefined> {
    const { streams } = await (await fleet().main.mesh()).request('log', 'log.streams', {});
    return streams.find(({ stream }) => stream === name)?.count;
  }

  it('are written by everybody, and kept, as long as nothing is said', async () => {
    const { main, pc2 } = fleet();
    for (let n = 0; n < 3; n++) await emit(pc2, 'turns');
    await emit(main, 'turns');
    await waitUntil('main to hold them', async () => (await countOf('turns')) === 4);
    expect(await row('turns')).to.include({ keep: null, writers: null, pruned: 0 });
  });

  it('are stored once under a dedupeKey, by agents and the command line alike, and bear their key to main', async () => {
    const { main, pc2 } = fleet();
    const client = await pc2.mesh();
    const order = { key: 'order-17', dedupeKey: 'paid-17' };
    const [first, again] = await client.emitBatch([
      { stream: 'orders', body: { paid: 17 }, ...order },
      { stream: 'orders', body: { paid: 17 }, ...order },
    ]);
    expect(first).to.not.have.property('repeated');
    expect(again).to.deep.equal({ ...first, repeated: true });
    const large = { pixels: new Uint8Array(limits.recordBodyBytesMax + 1) };
    const [scan, rescan] = [
      await client.emit('orders', large, { dedupeKey: 's' }),
      await client.emit('orders', large, { dedupeKey: 's' }),
    ];
    expect(rescan).to.deep.equal({ ...scan, repeated: true });
    const error = await expectRejection('CONFLICT', client.emit('orders', { paid: 18 }, order));
    expect(error.details).to.include({ dedupeKey: 'paid-17', journalId: first?.journalId, seq: first?.seq });
    await pc2.killNode();
    pc2.start();
    await pc2.ready();
    const said = ['stream', 'emit', 'orders', '{"paid":17}', '--key', 'order-17', '--dedupe-key', 'paid-17'];
    const { stdout } = await mesh(...said, '--machine', 'pc2', '--json');
    expect(JSON.parse(stdout)).to.include({ journalId: first?.journalId, seq: first?.seq, repeated: true });

    const seen: (string | undefined)[] = [];
    const consumer = (await main.mesh()).consume('orders', ({ key }) => seen.push(key), { from: 'start' });
    await client.emit('orders', 'the last');
    await waitUntil('all to be seen', () => seen.length === 3);
    await consumer.close();
    expect(seen).to.deep.equal(['order-17', undefined, undefined]);
    const tail = await mesh('stream', 'tail', 'orders', '--from', 'start', '--no-follow', '--json');
    expect(JSON.parse(tail.stdout.split('\n')[0] ?? '')).to.include({ key: 'order-17', stream: 'orders' });
  });

  it('are written by whom their rule names, after a reload that restarts nobody; a batch loses only what is refused', async () => {
    const { pc2 } = fleet();
    write(pc2, '- stream: turns', '  writers: [planner, "echo-*"]');
    expect((await pc2.ask('node.reload', {})).changes).to.deep.equal([
      { agent: 'node', change: 'live', fields: ['streams'] },
    ]);
    const client = await pc2.mesh();
    const [allowed, refused, later] = await Promise.allSettled([
      client.emit('notes', 1),
      client.emit('turns', 2),
      client.emit('notes', 3),
    ]);
    expect([allowed.status, later.status]).to.deep.equal(['fulfilled', 'fulfilled']);
    const error = await expectRejection(
      'DENIED',
      refused.status === 'rejected' ? Promise.reject(refused.reason) : client.emit('turns', 2),
    );
    expect(error.message).to.equal('test may not write the stream turns: planner, echo-* may');
    await client.report({ message: 'errors are written by everybody' });
  });

  it('are kept on main as their rule says as soon as it is taken over, and no longer than it holds', async () => {
    const { main } = fleet();
    write(main, '- { stream: turns, keep: { count: 1 } }', '- { stream: ">", keep: { age: 30d } }');
    expect((await main.ask('node.reload', {})).changes).to.have.length(1);
    await waitUntil('main to keep one', async () => (await countOf('turns')) === 1);
    await waitUntil('main to hold the notes', async () => (await countOf('notes')) === 2);
    expect(await row('turns')).to.deep.include({ keep: { count: 1 }, pruned: 3 });
    expect(await row('notes')).to.deep.include({ keep: { ageMs: 2_592_000_000 }, count: 2 });
    rmSync(join(main.home, 'config/streams.yaml'));
    await main.ask('node.reload', {});
    await waitUntil('main to have heard', async () => (await row('turns'))?.keep === null);
    const { stdout } = await mesh('stream', 'ls');
    expect(stdout).to.match(/^turns +1 +\d+B +\w+ +\w+ +all +all +-$/m);
  });

  it('have their rules on main also when its broker was killed', async () => {
    const { main } = fleet();
    write(main, '- { stream: notes, keep: { count: 1 } }');
    await main.ask('node.reload', {});
    await waitUntil('main to keep one', async () => (await countOf('notes')) === 1);
    const { epoch } = await main.kill('broker');
    await main.successor('broker', epoch);
    await waitUntil('the next broker to have heard', async () => ((await row('notes'))?.keep ?? null) !== null);
  });
});
