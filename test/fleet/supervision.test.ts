/** The agents of a machine in the care of a real node: by name, by budget, and over the death of the node itself. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { signalProcess } from '../../agents/node/programs/child-process.js';
import { findProcesses, tokenOf } from '../../common/core/process-scan.js';
import type { ProcessRowBody } from '../../common/protocol/catalogue.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { expectRejection } from '../support/expect-error.js';
import { type AgentSetup, echo, fixture, TestFleet, useFleet } from '../support/fleet/test-fleet.js';
import { storedErrors, storedSteps } from '../support/oracle/main-log.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

const sh = (script: string, rest: Omit<AgentSetup, 'command'> = {}): AgentSetup => ({
  command: ['sh', '-c', script],
  ...rest,
});
const FOREVER = 'exec sleep 1000';

describe('a node', () => {
  const fleet = useFleet({
    pc2: {
      echo,
      caller: fixture('caller'),
      plain: sh(FOREVER),
      // Does not end before it may.
      slow: sh("trap 'while [ ! -e let-go ]; do sleep 0.05; done; exit 0' TERM; while :; do sleep 0.1; done", {
        stopGraceMs: 60_000,
      }),
      frail: sh('[ -e broken ] && exit 1; exec sleep 1000', {
        restart: { firstMs: 5, maxMs: 10, starts: 3 },
      }),
    },
  });

  const pc2 = () => fleet().pc2;
  /** What was started, without what that starts itself. */
  const living = () =>
    findProcesses(tokenOf(pc2().home, 'pc2'))
      .filter(({ pid, pgid }) => pid === pgid)
      .map(({ pid }) => pid);
  const inState = (name: string, state: string): Promise<ProcessRowBody> =>
    waitFor(`${name} to be ${state}`, async () => {
      const row = await pc2().process(name);
      if (row.state === state) return row;
      throw new Error(`it is ${row.state}: ${row.why}`);
    });
  const restartNode = async () => {
    await pc2().killNode();
    pc2().start();
    await waitUntil('the node to answer', async () => (await pc2().ask('node.status', {})).pid > 0);
  };

  it('answers a stop at once, keeps the agent down over its own death, and brings it back when it is started', async () => {
    const { epoch } = await pc2().process('plain');
    expect(await pc2().ask('node.stop', { agent: 'plain' })).to.deep.equal({ state: 'draining', epoch });
    expect((await inState('plain', 'stopped')).why).to.equal('it was stopped by hand');
    await restartNode();
    await pc2().ready();
    const down = await pc2().process('plain');
    expect(down).to.include({ state: 'stopped', pid: 0, epoch, why: 'it was stopped by hand' });
    expect((await pc2().ask('node.start', { agent: 'plain' })).epoch).to.be.greaterThan(epoch);
    expect((await pc2().successor('plain', epoch)).restarts).to.equal(0);
  });

  it('answers others while one takes its time to end', async () => {
    await pc2().ask('node.stop', { agent: 'slow' });
    const { epoch } = await pc2().process('echo');
    await pc2().ask('node.restart', { agent: 'echo' });
    await pc2().successor('echo', epoch);
    await inState('slow', 'draining');
    await writeFile(join(pc2().home, 'let-go'), '');
    await inState('slow', 'stopped');
    await pc2().ask('node.start', { agent: 'slow' });
    await inState('slow', 'ready');
  });

  it('restarts by hand: the answer names the incarnation that ends, the next one is another, and no error is told', async () => {
    const { epoch, pid, restarts } = await pc2().process('caller');
    expect(await pc2().ask('node.restart', { agent: 'caller' })).to.deep.equal({ state: 'draining', epoch });
    const next = await pc2().successor('caller', epoch);
    expect(next).to.include({ restarts, lastExit: 'it was restarted by hand' });
    expect(storedErrors(fleet().main.logFile).filter(({ context }) => context['pid'] === pid)).to.deep.equal([]);
  });

  it('restarts its broker, and stops it for nobody', async () => {
    const { epoch } = await pc2().process('broker');
    const { message, hint } = await expectRejection('CONFLICT', pc2().ask('node.stop', { agent: 'broker' }));
    expect(message).to.equal('the broker of pc2 ends with its machine');
    expect(hint).to.contain('mesh down pc2');
    await pc2().ask('node.restart', { agent: 'broker' });
    await pc2().successor('broker', epoch);
  });

  it('starts nothing that its configuration does not name, however that is written', async () => {
    const before = living();
    const wellFormed = ['ecoh', 'node', 'keeper', 'sh', 'bash', 'a'.repeat(64)];
    const others = [
      '',
      'Echo',
      '../echo',
      '/bin/sh',
      './echo',
      'echo/../sh',
      'echo;id',
      'echo && id',
      'echo | id',
      '$(id)',
      '`id`',
      '$HOME',
      'echo\nid',
      'echo\0id',
      'echo id',
      '-rf',
      '--help',
      '*',
      '~',
      '%2e%2e',
      'echo@main',
      'écho',
      '__proto__',
      'constructor.x',
      'a'.repeat(65),
      'a'.repeat(100_000),
    ];
    for (const method of ['node.start', 'node.stop', 'node.restart'] as const) {
      for (const agent of wellFormed) await expectRejection('NOT_FOUND', pc2().ask(method, { agent }));
      for (const agent of others) await expectRejection('INVALID_INPUT', pc2().ask(method, { agent }));
    }
    expect((await expectRejection('NOT_FOUND', pc2().ask('node.start', { agent: 'ecoh' }))).hint).to.equal(
      'did you mean echo?',
    );
    expect(living()).to.deep.equal(before);
  });

  it('takes over what lives as it is: ready at once, with its count, its start and what it can do', async () => {
    const died = await pc2().kill('echo');
    await pc2().successor('echo', died.epoch);
    const shown = (rows: readonly ProcessRowBody[]) =>
      rows.map(({ agent, state, pid, epoch, restarts, startedMs, control, actions, outdated }) => ({
        ...{ agent, state, pid, epoch, restarts, startedMs, control, actions, outdated },
      }));
    const before = shown((await pc2().ask('node.ps', {})).agents);
    expect(before.find(({ agent }) => agent === 'echo')?.restarts).to.equal(1);
    await restartNode();
    expect(shown((await pc2().ask('node.ps', {})).agents)).to.deep.equal(before);
    // Nothing had to attach anew for that, and nothing was restarted since.
    expect(await pc2().call('caller@pc2.call', { target: 'echo@pc2.say', input: { text: 'hi' } })).to.include({
      text: 'hi',
    });
    expect(shown((await pc2().ask('node.ps', {})).agents)).to.deep.equal(before);
  });

  it('refuses records in the name of an agent whose successor lives, also when the node is another one', async () => {
    const old = await pc2().process('echo');
    await pc2().ask('node.restart', { agent: 'echo' });
    const next = await pc2().successor('echo', old.epoch);
    const body = encode({ text: 'late' });
    const emit = (agent: string, epoch: number) =>
      pc2().ask('journal.emit', { agent, epoch, firstSeq: 1, records: [['fencing', 1, body]] });
    const { details } = await expectRejection('STALE_EPOCH', emit('echo', old.epoch));
    expect(details).to.deep.equal({ epoch: next.epoch });
    await restartNode();
    await expectRejection('STALE_EPOCH', emit('echo', old.epoch));
    await emit('echo', next.epoch);
    await emit('somebody', 1);
  });

  it('records every step of an agent on main, in order, with the reason', async () => {
    const { epoch } = await pc2().process('plain');
    await pc2().ask('node.restart', { agent: 'plain' });
    const next = await pc2().successor('plain', epoch);
    const steps = await waitFor('main to have them', () => {
      const all = storedSteps(fleet().main.logFile).filter(
        ({ machine, agent }) => machine === 'pc2' && agent === 'plain',
      );
      const own = all.filter((step) => step.epoch === next.epoch || (step.epoch === epoch && step.from !== 'starting'));
      return own.some((step) => step.epoch === next.epoch && step.to === 'ready') ? own.slice(-4) : undefined;
    });
    expect(steps.map(({ from, to, event, why }) => [event, from, to, why])).to.deep.equal([
      ['drain', 'ready', 'draining', 'it was restarted by hand'],
      ['end', 'draining', 'stopped', 'it was restarted by hand'],
      ['launch', 'stopped', 'starting', ''],
      ['serve', 'starting', 'ready', ''],
    ]);
    expect(steps.map(({ epoch: number }) => number)).to.deep.equal([epoch, epoch, next.epoch, next.epoch]);
    expect(steps.at(-1)?.pid).to.equal(next.pid);
  });

  it('quarantines what ends again and again, tells that once, keeps to it over its own death, and releases it', async () => {
    const others = ['echo', 'caller', 'plain'];
    const pidsOf = () => Promise.all(others.map(async (name) => (await pc2().process(name)).pid));
    const before = await pidsOf();
    await breakFrail();
    await pc2().kill('frail');
    const { why } = await inState('frail', 'quarantined');
    expect(why).to.match(/^it was started 3 times within 60 s .* exit code 1; "mesh start frail" releases it$/);
    const told = () => storedErrors(fleet().main.logFile).filter(({ code }) => code === 'QUARANTINED');
    await waitUntil('main to hear of it', () => told().length > 0);
    await restartNode();
    expect(await pc2().process('frail')).to.include({ state: 'quarantined', why });
    const { problems } = await pc2().ask('node.status', {});
    expect(problems).to.deep.include(`frail@pc2 is quarantined: ${why}`);
    expect(await pidsOf()).to.deep.equal(before);
    await mendFrail();
    await pc2().ask('node.start', { agent: 'frail' });
    await inState('frail', 'ready');
    expect(told().map(({ agent, machine }) => `${agent}@${machine}`)).to.deep.equal(['frail@pc2']);
  });

  const breakFrail = () => writeFile(join(pc2().home, 'broken'), '');
  const mendFrail = () => rm(join(pc2().home, 'broken'));
});

describe('a fleet whose every process gets SIGTERM at the same moment', () => {
  it('is gone within ten seconds, its nodes with 0', async () => {
    const agents = { echo, caller: fixture('caller'), plain: sh(FOREVER) };
    const fleet = await TestFleet.start({ main: agents, pc2: agents });
    const tokens = fleet.machines.map(({ home, name }) => tokenOf(home, name));
    const sinceMs = performance.now();
    const exits = Promise.all(fleet.machines.map((machine) => machine.stop()));
    // Some end between the look and the signal: their node is quick.
    for (const { pid } of tokens.flatMap((token) => findProcesses(token))) signalProcess(pid, 'SIGTERM');
    expect(await exits).to.deep.equal([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    expect(performance.now() - sinceMs).to.be.lessThan(10_000);
    expect(tokens.flatMap((token) => findProcesses(token))).to.deep.equal([]);
    await fleet.close();
  });
});
