/** Large bodies over two machines: emitted on one, read on the other, whole or with an error that says what is wrong. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { runMesh } from '../cli/mesh-process.js';
import { expectRejection } from '../support/expect-error.js';
import { echo, useFleet } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

describe('large bodies over two machines', () => {
  const fleet = useFleet({ main: { echo }, pc2: { echo } });
  const large = (text: string) => ({ text, parts: Array(100).fill('x'.repeat(limits.recordBodyBytesMax / 50)) });

  /** The only record of a stream, as a program on main sees it. */
  const recordOf = async (stream: string) => {
    const client = await fleet().main.mesh();
    return waitFor(`the record of ${stream} on main`, async () => {
      const { records } = await client.request('log', 'log.read', { stream });
      return records[0];
    });
  };
  const bodyFiles = ({ data }: TestMachine) =>
    readdirSync(join(data, 'bodies'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));

  it('are files of the machine that emitted them, and reach a reader elsewhere as they were', async () => {
    const { main, pc2 } = fleet();
    await (await pc2.mesh()).emit('scans', large('one'));
    const record = await recordOf('scans');
    expect(record).to.deep.include({ machine: 'pc2', integrity: 'verified', body: Buffer.alloc(0) });
    expect(record.ref).to.match(/^[0-9a-f]{64}\/\d+$/);
    expect(await (await main.mesh()).body(record)).to.deep.equal(large('one'));
    expect(bodyFiles(pc2)).to.have.length(1);
    expect(bodyFiles(main)).to.deep.equal([]);
  });

  it('come to a consumer when it asks for them, in their place among the others', async () => {
    const { main, pc2 } = fleet();
    const client = await pc2.mesh();
    // Not awaited one by one: the small ones must not overtake.
    await Promise.all([client.emit('mixed', 1), client.emit('mixed', large('two')), client.emit('mixed', 3)]);
    const bodies: unknown[] = [];
    const consumer = (await main.mesh()).consume('mixed', async (record) => bodies.push(await record.body()), {
      from: 'start',
    });
    await waitUntil('all of them', () => bodies.length === 3);
    await consumer.close();
    expect(bodies).to.deep.equal([1, large('two'), 3]);
  });

  it('are printed by the command line, or written to a file', async () => {
    const { main } = fleet();
    const { id } = await recordOf('scans');
    const options = { cwd: main.home };
    const printed = await runMesh(['stream', 'body', String(id), '--json'], options);
    expect(JSON.parse(printed.stdout)).to.deep.equal(large('one'));
    const file = join(main.home, 'body.json');
    expect((await runMesh(['stream', 'body', String(id), '--out', file], options)).code).to.equal(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal(large('one'));
    const none = await runMesh(['stream', 'body', '999999'], options);
    expect(none.code).to.equal(3);
  });

  it('of which a byte has changed on the disk are an error that says so, and of a machine that is away another', async () => {
    const { main, pc2 } = fleet();
    const record = await recordOf('scans');
    const file = bodyFiles(pc2).find((path) => path.endsWith(record.ref?.split('/')[0] ?? '-')) ?? '';
    const bytes = readFileSync(file);
    bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const client = await main.mesh();
    const error = await expectRejection('JOURNAL_DAMAGED', client.body(record));
    expect(error.message).to.contain('of pc2 is damaged');
    writeFileSync(file, bytes.subarray(0, 500));
    await expectRejection('JOURNAL_DAMAGED', client.body(record));
    await expectRejection('UNREACHABLE', client.body({ ...record, machine: 'pc3' }));
    await expectRejection('NOT_FOUND', client.body({ ...record, ref: `${'0'.repeat(64)}/5` }));
  });

  it('are stored though the node is killed while they are on their way', async () => {
    const { pc2 } = fleet();
    const client = await pc2.mesh();
    const bodies = [4, 5, 6].map((n) => large(String(n)));
    const emits = Promise.all(bodies.map((body) => client.emit('survivors', body)));
    await pc2.killNode();
    pc2.start();
    await emits;
    const main = await fleet().main.mesh();
    const records = await waitFor('all of them', async () => {
      const page = await main.request('log', 'log.read', { stream: 'survivors' });
      return page.records.length === 3 ? page.records : undefined;
    });
    for (const [index, record] of records.entries()) expect(await main.body(record)).to.deep.equal(bodies[index]);
  });
});
