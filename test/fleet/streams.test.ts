/** Streams in a fleet at work: who may write them, and what main keeps, as the files say it and after they have changed. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { runMesh } from '../cli/mesh-process.js';
import { expectRejection } from '../support/expect-error.js';
import { echo, useFleet } from '../support/test-fleet.js';
import type { TestMachine } from '../support/test-machine.js';
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

  it('are written by everybody, and kept, as long as nothing is said', async () => {
    const { main, pc2 } = fleet();
    for (let n = 0; n < 3; n++) await emit(pc2, 'turns');
    await emit(main, 'turns');
    await waitUntil('main to hold them', async () => (await row('turns'))?.count === 4);
    expect(await row('turns')).to.include({ keep: null, writers: null, pruned: 0 });
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
    await waitUntil('main to keep one', async () => (await row('turns'))?.count === 1);
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
    await waitUntil('main to keep one', async () => (await row('notes'))?.count === 1);
    const { epoch } = await main.kill('broker');
    await main.successor('broker', epoch);
    await waitUntil('the next broker to have heard', async () => (await row('notes'))?.keep !== null);
  });
});
