/** What a node refuses: before anything starts, with what is wrong and what to do; and from those who claim to be agents. */
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ErrorBody } from '../../common/core/errors.js';
import { findProcesses, tokenOf } from '../../common/core/process-scan.js';
import type { Input } from '../../common/protocol/catalogue.js';
import { expectRejection } from '../support/expect-error.js';
import { echo, mainPorts, TestFleet, useFleet } from '../support/fleet/test-fleet.js';
import { TestMachine } from '../support/fleet/test-machine.js';

/** The error that a node that could not start left as its last line, with its exit code. */
async function refusalOf(machine: TestMachine): Promise<ErrorBody & { exitCode: number | null }> {
  const { code } = await machine.exit();
  const lines = readFileSync(join(machine.home, `${machine.name}.node.log`), 'utf8')
    .trimEnd()
    .split('\n');
  const { error }: { error: ErrorBody } = JSON.parse(lines.at(-1) ?? '{}');
  return { ...error, exitCode: code };
}

const startedBy = ({ home, name }: TestMachine) => findProcesses(tokenOf(home, name));

describe('a node that may not start', () => {
  let fleet: TestFleet;
  beforeEach(async () => {
    fleet = await TestFleet.open({ main: { echo } });
  });
  afterEach(() => fleet.close());

  async function refused(): Promise<ErrorBody & { exitCode: number | null }> {
    fleet.main.start();
    const refusal = await refusalOf(fleet.main);
    expect(startedBy(fleet.main)).to.deep.equal([]);
    return refusal;
  }

  it('names the file and the line of a port that is occupied, whoever was to have it', async () => {
    for (const name of ['node', 'log'] as const) {
      const squatter = createServer();
      squatter.listen(mainPorts[name], fleet.places.main.own);
      await once(squatter, 'listening');
      const refusal = await refused();
      expect(refusal).to.include({ code: 'PORT_IN_USE', exitCode: 6 });
      expect(refusal.message).to.match(
        new RegExp(`ports\\.json:\\d+:.*port ${mainPorts[name]}.*\\(${name} of main\\)`),
      );
      squatter.close();
      await once(squatter, 'close');
    }
  });

  it('says that its data folder cannot be used', async () => {
    writeFileSync(join(fleet.main.home, 'data'), 'a file where the folder should be');
    const refusal = await refused();
    expect(refusal).to.include({ code: 'CONFIG_INVALID', exitCode: 2 });
    expect(refusal.message).to.include(fleet.main.data);
    expect(refusal.hint).to.include('--mesh');
  });

  it('says that its data folder may not be written', async function () {
    if (process.getuid?.() === 0) {
      console.log('      skipped: to root every folder is open');
      this.skip();
    }
    mkdirSync(fleet.main.data, { recursive: true });
    chmodSync(fleet.main.data, 0o500);
    const refusal = await refused();
    expect(refusal).to.include({ code: 'CONFIG_INVALID', exitCode: 2 });
  });

  it('says that it would listen beyond loopback without encryption, and which line to change', async () => {
    const mesh = join(fleet.main.home, 'config/mesh.yaml');
    writeFileSync(mesh, readFileSync(mesh, 'utf8').replace(fleet.places.main.own, '0.0.0.0'));
    writeFileSync(mesh, readFileSync(mesh, 'utf8').replace('"0.0.0.0"', '"192.0.2.1", "listen": "0.0.0.0"'));
    const refusal = await refused();
    expect(refusal).to.include({ code: 'INSECURE', exitCode: 5 });
    expect(refusal.message).to.match(/mesh\.yaml:\d+/);
    expect(refusal.hint ?? refusal.message).to.include('security: insecure');
  });

  it('says that it is not in the configuration, and whose name comes near', async () => {
    const stranger = new TestMachine({ name: 'mian', home: fleet.main.home, node: 'tcp://127.0.0.1:1' });
    stranger.start();
    const refusal = await refusalOf(stranger);
    expect(refusal).to.include({ code: 'NOT_FOUND', exitCode: 3, hint: 'did you mean main?' });
  });
});

describe('a node that runs', () => {
  const fleet = useFleet({ pc2: { echo } });

  it('is the only one of its machine: a second one is refused and changes nothing', async () => {
    const { pc2 } = fleet();
    const before = startedBy(pc2);
    const second = new TestMachine({ name: 'pc2', home: pc2.home, node: 'tcp://127.0.0.1:1' });
    second.start();
    const refusal = await refusalOf(second);
    expect(refusal).to.include({ code: 'ALREADY_RUNNING', exitCode: 6 });
    expect(refusal.message).to.include(`the node of pc2 in ${pc2.home}`).and.include(`pid ${pc2.nodePid}`);
    expect(refusal.hint).to.include('mesh down');
    expect(startedBy(pc2)).to.deep.equal(before);
    await pc2.ready();
  });

  it('takes the words of a living incarnation and of no other', async () => {
    const { pc2 } = fleet();
    const { epoch, pid, control } = await pc2.process('echo');
    const words: Input<'node.attach'> = {
      protocol: 1,
      agent: 'echo',
      epoch,
      pid,
      control,
      version: '1.0.0',
      capabilities: [],
      actions: ['say'],
    };
    const stale = await expectRejection('STALE_EPOCH', pc2.ask('node.attach', { ...words, epoch: epoch - 1 }));
    expect(stale.details).to.deep.equal({ epoch });
    await expectRejection('NOT_ATTACHED', pc2.ask('node.attach', { ...words, epoch: epoch + 1 }));
    await expectRejection('NOT_ATTACHED', pc2.ask('node.attach', { ...words, pid: process.pid }));
    await expectRejection('BAD_VERSION', pc2.ask('node.attach', { ...words, protocol: 2 }));
    const unknown = await expectRejection('NOT_FOUND', pc2.ask('node.attach', { ...words, agent: 'ecco' }));
    expect(unknown.hint).to.equal('did you mean echo?');
    for (const method of ['node.ready', 'node.draining'] as const)
      await expectRejection('STALE_EPOCH', pc2.ask(method, { agent: 'echo', epoch: epoch - 1 }));
    const beat = { agent: 'echo', epoch: epoch - 1, loopLagMs: 0, rssBytes: 0 };
    await expectRejection('STALE_EPOCH', pc2.ask('node.beat', beat));
    expect(await pc2.process('echo')).to.include({ epoch, pid, control, state: 'ready' });
  });
});
