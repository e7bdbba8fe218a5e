/** What processes use is seen, and whoever takes more than it may is drained, told of, and started again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ControlGroups } from '../../agents/node/resources/control-groups.js';
import type { ProcessRowBody } from '../../common/protocol/catalogue.js';
import { runMesh } from '../cli/mesh-process.js';
import { fixture, useFleet } from '../support/fleet/test-fleet.js';
import { storedErrors } from '../support/oracle/main-log.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

const MIB = 1_048_576;
/** What two processes get at least that want a part of a core each, however many others want the cores. */
const MUCH_PERCENT = 5;
/** It works for a while and rests for a while, with its child: one without rest would take the cores from all that is tested beside it. */
const SPINNER = `import os, time
os.fork()
while True:
  worked = time.process_time()
  while time.process_time() < worked + 0.05: pass
  time.sleep(0.1)`;
/** Takes its memory at once, faster than anybody looks, when the file appears. */
const BOMB = `import os, time
while not os.path.exists('bomb'): time.sleep(0.05)
kept = b'x' * (400 * ${MIB})
time.sleep(60)`;

describe('the resources of a fleet', () => {
  const fleet = useFleet({
    main: {
      spinner: { command: ['python3', '-c', SPINNER] },
      bomb: { command: ['python3', '-c', BOMB], restart: 'never', limits: { memoryMiB: 64 } },
    },
    pc2: {
      eater: { ...fixture('glutton'), limits: { memoryMiB: 400 } },
      opener: { ...fixture('glutton'), limits: { openFiles: 150 } },
    },
  });
  const reportsOf = (agent: string) => storedErrors(fleet().main.logFile).filter((report) => report.agent === agent);
  const reportOf = (agent: string) => waitFor('main to hear of it', () => reportsOf(agent)[0]);
  const linesOf = (machine: 'main' | 'pc2', agent: string) =>
    readFileSync(join(fleet()[machine].data, 'logs', `${agent}.log`), 'utf8').split('\n');
  const looked = (machine: 'main' | 'pc2', agent: string) =>
    waitFor(`two looks at ${agent}`, async () => {
      const row = await fleet()[machine].process(agent);
      return row.cpuPercent === null ? undefined : row;
    });

  it('over its memory limit an agent is drained, told of with figure and limit, and back', async () => {
    const { pc2 } = fleet();
    const { epoch, pid } = await pc2.process('eater');
    await pc2.call('eater.eat', { mib: 380 });
    const report = await reportOf('eater');
    expect(report).to.include({ code: 'LIMIT_EXCEEDED', machine: 'pc2' });
    expect(report.message).to.match(/^eater@pc2 uses \d{3} MiB of memory, more than its limit of 400 MiB/);
    expect(report.context).to.include({ limit: 'memory', bound: 400 * MIB, pid });
    const next = await pc2.successor('eater', epoch);
    expect(next).to.include({ restarts: 1 });
    expect(next.lastExit).to.match(/^it uses \d{3} MiB of memory, more than its limit/);
    expect(linesOf('pc2', 'eater').filter((line) => line === 'drained')).to.have.length(1);
    expect(reportsOf('eater')).to.have.length(1);
  });

  it('over its limit of open files it is the same', async () => {
    const { pc2 } = fleet();
    const { epoch } = await pc2.process('opener');
    await pc2.call('opener.open', { count: 200 });
    const report = await reportOf('opener');
    expect(report.message).to.match(/uses 2\d\d open files, more than its limit of 150/);
    await pc2.successor('opener', epoch);
    expect(linesOf('pc2', 'opener')).to.include('drained');
  });

  it('the kernel ends what is quicker than a look, and the report says so', async function () {
    if (!new ControlGroups('mesh-test-', () => undefined).keeps('memory')) {
      console.warn('      skipped: this user may not make control groups with memory here');
      this.skip();
    }
    const { main } = fleet();
    writeFileSync(join(main.home, 'bomb'), '');
    const { message, context } = await reportOf('bomb');
    expect(message).to.equal('bomb@main ended unexpectedly: killed by the kernel: over its memory limit');
    expect(context).to.include({ signal: 'SIGKILL' });
    expect(await main.process('bomb')).to.include({
      state: 'failed',
      lastExit: 'killed by the kernel: over its memory limit',
    });
  });

  it('a program that works is told from one that waits, with its children', async () => {
    // How much it got of the cores depends on what else wants them at the moment.
    const busy = await waitFor('the spinner to be at work', async () => {
      const row = await looked('main', 'spinner');
      return (row.cpuPercent ?? 0) > MUCH_PERCENT ? row : undefined;
    });
    await waitUntil(
      'the other one to wait',
      async () => ((await looked('pc2', 'opener')).cpuPercent ?? 0) < MUCH_PERCENT,
    );
    expect(busy.rssBytes).to.be.above(MIB);
    await waitUntil('its history to say so', async () => {
      const { agents } = await fleet().main.ask('node.usage', { agent: 'spinner' });
      return agents[0]?.cpuPercent.some((percent) => (percent ?? 0) > MUCH_PERCENT) === true;
    });
    const all = await fleet().main.ask('node.usage', {});
    expect(all.agents.map(({ agent }) => agent)).to.include.members(['node', 'broker', 'spinner', 'bomb']);
  });

  it('of an agent that nobody has there is no history', async () => {
    const failure = await fleet()
      .main.ask('node.usage', { agent: 'nobody' })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(failure).to.have.property('code', 'NOT_FOUND');
  });

  describe('mesh top', () => {
    const top = (...args: string[]) => runMesh(['top', ...args, '--mesh', fleet().main.home]);
    interface Snapshot {
      readonly machines: readonly Record<string, unknown>[];
      readonly total: Record<string, number>;
      readonly agents: readonly (ProcessRowBody & { readonly reachable: boolean })[];
    }

    it('prints sums and processes of all machines for a script, once', async () => {
      const { code, stdout, stderr } = await top('--once', '--json');
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
      expect(stdout.trim().split('\n')).to.have.length(1);
      const { machines, total, agents } = JSON.parse(stdout) as Snapshot;
      expect(machines.map(({ machine, reachable }) => [machine, reachable])).to.deep.equal([
        ['main', true],
        ['pc2', true],
      ]);
      expect(total['agentCount']).to.equal(4);
      expect(total['cpuPercent']).to.be.above(0);
      expect(agents.map(({ instance }) => instance)).to.include.members(['broker@pc2', 'spinner@main', 'eater@pc2']);
    });

    it('prints one table where there is no terminal', async () => {
      const { code, stdout } = await top('--sort', 'name');
      expect(code).to.equal(0);
      expect(stdout).to.match(/^total +- +\d\/4 /m);
      expect(stdout).to.match(/^spinner +main +ready +\d/m);
      expect(stdout).to.match(/CPU, LAST HOUR/);
    });

    it('keeps a machine that does not answer, with the age of what is known of it', async () => {
      const { link, main } = fleet();
      link.cut();
      try {
        await waitFor('main to miss pc2', async () => {
          const { machines } = await main.ask('registry.list', {});
          return machines.some(({ reachable }) => !reachable) ? true : undefined;
        });
        const { code, stdout } = await top('--once', '--json');
        expect(code).to.equal(7);
        const pc2 = (JSON.parse(stdout) as Snapshot).machines.find(({ machine }) => machine === 'pc2');
        expect(pc2).to.include({ reachable: false });
        expect(pc2?.['ageMs']).to.be.above(1_000);
        expect((await top('--once')).stdout).to.match(/^pc2: last heard of \d+s ago; /m);
      } finally {
        link.restore();
      }
    });
  });
});
