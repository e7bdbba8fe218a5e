/** Main's log is killed exactly around the commit of what it prunes, as a process of its own; nodes go on sending to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { RequestClient } from '../../common/wire/asking/request-client.js';
import { freePorts } from '../support/network/free-addresses.js';
import { FailpointFolder } from '../support/processes/failpoint-folder.js';
import { Chain, connect, temporaryFolder } from './world.js';

const PROGRAM = fileURLToPath(new URL('../fixtures/pruning-log.js', import.meta.url));
const COUNT = 50;
const KEPT = 20;
/** The first commit of a round is that of streams with rules of their own. */
const PASS = 2;

describe('a log that is killed while it prunes', () => {
  const folder = temporaryFolder();
  let failpoints: FailpointFolder;
  let endpoint = '';
  let process: ChildProcess;
  let client: RequestClient;

  before(async () => {
    failpoints = new FailpointFolder(join(folder.path, 'failpoints'));
    const [port = 0] = await freePorts(1);
    endpoint = `tcp://127.0.0.1:${port}`;
    await start();
    client = connect(endpoint);
  });
  after(async () => {
    client.close();
    const ended = once(process, 'exit');
    process.kill('SIGKILL');
    await ended;
    folder.remove();
  });

  async function start(): Promise<void> {
    const argv = [endpoint, join(folder.path, 'mesh.db'), String(KEPT)];
    process = fork(PROGRAM, argv, { env: { PATH: globalThis.process.env['PATH'], ...failpoints.env } });
    await once(process, 'message');
  }

  async function prune(): Promise<void> {
    const pruned = once(process, 'message');
    process.send('prune');
    await pruned;
  }

  async function diesPruning(place: 'log.prune.written' | 'log.prune.committed'): Promise<void> {
    failpoints.doom(place, PASS);
    const ended = once(process, 'exit');
    process.send('prune');
    expect(await ended).to.deep.equal([null, 'SIGKILL']);
    await start();
  }

  const held = async () => (await client.request('log.read', { limit: 1_000 })).records.map(({ seq }) => seq);
  const upTo = (last: number, count: number) => Array.from({ length: count }, (_, index) => last - count + 1 + index);

  it('has pruned nothing before its commit and all of it after, and takes what comes next and what comes again', async () => {
    const chain = new Chain();
    const batch = chain.next(COUNT);
    await client.request('log.append', batch);
    await diesPruning('log.prune.written');
    expect(await held()).to.deep.equal(upTo(COUNT, COUNT));
    await diesPruning('log.prune.committed');
    expect(await held()).to.deep.equal(upTo(COUNT, KEPT));
    // Its sender may not have heard that it is stored: a repeat is known although most of it is pruned.
    expect(await client.request('log.append', batch)).to.deep.equal({ headSeq: COUNT });
    expect(await client.request('log.append', chain.next(10))).to.deep.equal({ headSeq: COUNT + 10 });
    expect(await held()).to.deep.equal(upTo(COUNT + 10, KEPT + 10));
    await prune();
    expect(await held()).to.deep.equal(upTo(COUNT + 10, KEPT));
  });
});
