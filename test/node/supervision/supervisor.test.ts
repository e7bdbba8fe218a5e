import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { bootId, processStat } from '../../../common/core/process-scan.js';
import { failureOf } from '../../journal/world.js';
import { processRecord } from '../../support/fakes/process-record.js';
import { FOREVER, useSupervisorWorld } from '../../support/processes/supervisor-world.js';
import { until } from '../../support/wait-for.js';

describe('a supervisor', () => {
  const world = useSupervisorWorld();
  const untilState = (process: { state: string }, state: string) => until(() => process.state === state);

  describe('starts', () => {
    it('no more agents at once than it may, and the next when one is ready', async () => {
      const names = ['a', 'b', 'c', 'd'];
      const plans = names.map((name) => world().plan(name, FOREVER, { readiness: 'probe' }));
      const supervisor = world().start(plans, { parallel: 2 });
      const states = () => names.map((name) => supervisor.find(name).state);
      await until(() => states().filter((state) => state === 'starting').length === 2);
      expect(supervisor.whyOf(supervisor.find('c'))).to.equal('waits its turn: 2 others are starting');
      const first = supervisor.find('a');
      first.onServes(first.epoch);
      await until(() => supervisor.find('c').state === 'starting');
      expect(states()).to.deep.equal(['ready', 'starting', 'starting', 'stopped']);
      expect(supervisor.isSettled).to.equal(false);
    });

    it('what waits for a one-shot when that has done its work', async () => {
      const migrate = world().plan('migrate', 'exit 0', {
        restart: { ...world().plan('x', '').restart, policy: 'on-failure' },
      });
      const api = world().plan('api', FOREVER, { wave: 2, after: { migrate: 'completed' } });
      const supervisor = world().start([migrate, api]);
      await untilState(supervisor.find('api'), 'ready');
      expect(world().isBefore({ name: 'migrate', to: 'completed' }, { name: 'api', to: 'starting' })).to.equal(true);
      expect(supervisor.allReady).to.equal(true);
      expect(supervisor.readyCount).to.equal(2);
    });

    it('nothing behind what is required and failed, says so, and goes on when it is well after all', async () => {
      const { restart } = world().plan('x', '');
      const cache = world().plan('cache', '[ -e mended ] && exec sleep 1000; exit 3', {
        required: true,
        readiness: 'attach', // it never says so: nobody takes it for ready in the moment before it fails
        restart: { ...restart, policy: 'never' },
      });
      const supervisor = world().start([
        cache,
        world().plan('beside', FOREVER),
        world().plan('later', FOREVER, { wave: 2 }),
      ]);
      await untilState(supervisor.find('cache'), 'failed');
      await untilState(supervisor.find('beside'), 'ready');
      const later = supervisor.find('later');
      await until(() => supervisor.isSettled);
      expect([later.state, supervisor.whyOf(later)]).to.deep.equal([
        'stopped',
        'held back: cache is required and is failed: exit code 3',
      ]);
      supervisor.find('cache').replacePlan({ ...cache, readiness: 'start', argv: ['-c', FOREVER] });
      supervisor.find('cache').start();
      await untilState(later, 'ready');
    });

    it('an agent that was added, and forgets one that was removed', async () => {
      const supervisor = world().start([world().plan('a', FOREVER)]);
      const added = supervisor.add(world().plan('b', FOREVER));
      await untilState(added, 'ready');
      expect(failureOf(() => supervisor.add(world().plan('b', FOREVER))).code).to.equal('CONFLICT');
      const { pid } = added;
      await supervisor.remove('b');
      expect(processStat(pid)).to.equal(undefined);
      expect(failureOf(() => supervisor.find('b')).code).to.equal('NOT_FOUND');
    });
  });

  describe('judges', () => {
    it('one that fails again and again: a budget of starts, then quarantine, told once; the others are as they were', async () => {
      const supervisor = world().start([world().plan('bad', 'exit 1'), world().plan('good', FOREVER)]);
      const [bad, good] = [supervisor.find('bad'), supervisor.find('good')];
      await untilState(bad, 'quarantined');
      const { pid } = good;
      const starts = () =>
        world()
          .stepsOf('bad')
          .filter((step) => step.endsWith('→ starting')).length;
      expect(starts()).to.equal(3);
      expect(world().deaths.map(({ process, verdict }) => `${process.name} ${verdict.kind}`)).to.deep.equal([
        'bad backoff',
        'bad backoff',
        'bad quarantined',
      ]);
      expect(bad.why).to.equal(
        'it was started 3 times within 60 s and ended each time; the last time: exit code 1; "mesh start bad" releases it',
      );
      expect(bad.restarts).to.equal(2);
      expect([good.pid, good.restarts, good.state]).to.deep.equal([pid, 0, 'ready']);

      // The start that releases it is not part of the new budget.
      bad.start();
      await until(() => starts() === 7);
      await untilState(bad, 'quarantined');
    });

    for (const [script, state] of [
      ['exit 0', 'completed'],
      ['exit 4', 'failed'],
      ['kill -9 $$', 'failed'],
    ] as const) {
      it(`one that is never to be started again and does "${script}" as ${state}`, async () => {
        const { restart } = world().plan('x', '');
        const supervisor = world().start([world().plan('once', script, { restart: { ...restart, policy: 'never' } })]);
        await untilState(supervisor.find('once'), state);
        expect(supervisor.find('once').restarts).to.equal(0);
        expect(supervisor.isSettled).to.equal(true);
      });
    }

    it('one that is not ready in time like one that crashed', async () => {
      const slow = world().plan('slow', FOREVER, { readiness: 'probe', readyTimeoutMs: 50 });
      const supervisor = world().start([slow]);
      await until(() => world().deaths.length > 0);
      expect(supervisor.find('slow').lastExit).to.equal('it was not ready within 50 ms');
    });

    it('one that hangs for longer than it may: SIGTERM, SIGKILL after its grace, told once, and started again', async () => {
      const plan = world().plan('stuck', FOREVER, { limits: { hangMs: 50 }, stopGraceMs: 100 });
      const supervisor = world().start([plan, world().plan('patient', FOREVER)]);
      const [stuck, patient] = [supervisor.find('stuck'), supervisor.find('patient')];
      await untilState(stuck, 'ready');
      await untilState(patient, 'ready');
      const { pid, epoch } = stuck;
      // A stopped process hears no SIGTERM.
      process.kill(pid, 'SIGSTOP');
      stuck.onSilent(epoch, 'nothing is heard of it');
      patient.onSilent(patient.epoch, 'nothing is heard of it');
      await until(() => {
        supervisor.tick();
        return stuck.epoch > epoch && stuck.state === 'ready';
      });
      expect(world().hung).to.deep.equal(['stuck']);
      expect(
        world().deaths.map(({ isTold, exit }) => [isTold, exit.reason?.startsWith('it hung: busy for')]),
      ).to.deep.equal([[true, true]]);
      expect(processStat(pid)).to.equal(undefined);
      expect([patient.state, patient.why]).to.deep.equal(['busy', 'nothing is heard of it']);
      patient.onHeard(patient.epoch);
      expect(patient.state).to.equal('ready');
    });
  });

  describe('ends', () => {
    it('one at once while another takes its time, and keeps both down', async () => {
      const deaf = world().plan('deaf', "trap '' TERM; while :; do sleep 0.05; done", { stopGraceMs: 20_000 });
      const supervisor = world().start([deaf, world().plan('quick', FOREVER)]);
      await until(() => supervisor.allReady);
      const [slow, quick] = [supervisor.find('deaf'), supervisor.find('quick')];
      const ending = slow.stop();
      await quick.stop();
      expect([slow.state, quick.state]).to.deep.equal(['draining', 'stopped']);
      expect([quick.wanted, supervisor.whyOf(quick)]).to.deep.equal([false, 'it was stopped by hand']);
      slow.kill('enough');
      await ending;
      expect([slow.state, slow.why]).to.deep.equal(['stopped', 'it was stopped by hand']);
      expect(world().deaths).to.deep.equal([]);
    });

    it('by SIGKILL what does not end within its grace', async () => {
      const deaf = world().plan('deaf', "trap '' TERM; while :; do sleep 0.05; done", { stopGraceMs: 50 });
      const supervisor = world().start([deaf]);
      await until(() => supervisor.allReady);
      const { pid } = supervisor.find('deaf');
      await supervisor.find('deaf').stop();
      expect(processStat(pid)).to.equal(undefined);
    });

    it('and starts again what is to be restarted, whatever its policy, outside of its budget', async () => {
      const { restart } = world().plan('x', '');
      const plan = world().plan('a', FOREVER, { restart: { ...restart, policy: 'never', starts: 1 } });
      const supervisor = world().start([plan]);
      const process = supervisor.find('a');
      await untilState(process, 'ready');
      for (const [by, restarts] of [
        ['person', 0],
        ['node', 1],
      ] as const) {
        const { epoch } = process;
        await process.restart('because', by);
        await until(() => process.state === 'ready' && process.epoch > epoch);
        expect([process.restarts, process.history.startsMs.length]).to.deep.equal([restarts, 1]);
      }
      expect(world().stepsOf('a').slice(2, 6)).to.deep.equal([
        'ready → draining',
        'draining → stopped',
        'stopped → starting',
        'starting → ready',
      ]);
      expect(world().deaths).to.deep.equal([]);
    });

    it('what somebody starts while it is being stopped, and then starts it', async () => {
      const supervisor = world().start([world().plan('a', FOREVER)]);
      const process = supervisor.find('a');
      await untilState(process, 'ready');
      const { epoch } = process;
      const ending = process.stop();
      process.start();
      await ending;
      await until(() => process.state === 'ready' && process.epoch > epoch);
      expect(process.wanted).to.equal(true);
    });

    it('each agent when those that depend on it have ended, and waits for nobody else', async () => {
      // Ends when it may: not before the others have.
      const slow = "trap 'until [ -e go ]; do sleep 0.02; done; exit 0' TERM; while :; do sleep 0.02; done";
      const supervisor = world().start([
        world().plan('db', FOREVER),
        world().plan('api', slow, { wave: 2, after: { db: 'ready' }, stopGraceMs: 60_000 }),
        world().plan('cache', FOREVER),
        world().plan('reader', FOREVER, { wave: 2, after: { cache: 'ready' } }),
      ]);
      await until(() => supervisor.allReady);
      const stopping = supervisor.stopAgents();
      await untilState(supervisor.find('cache'), 'stopped');
      expect(supervisor.find('api').state, 'nobody else is waited for').to.equal('draining');
      writeFileSync(join(world().folder, 'go'), '');
      await stopping;
      const order = (first: string, second: string) =>
        world().isBefore({ name: first, to: 'stopped' }, { name: second, to: 'draining' });
      expect([order('api', 'db'), order('reader', 'cache')], 'dependents first').to.deep.equal([true, true]);
      expect(supervisor.find('broker').state).to.equal('ready');
      expect(supervisor.processes.map(({ wanted }) => wanted)).to.deep.equal([true, true, true, true, true]);
      expect(failureOf(() => supervisor.assertNotEnding()).code).to.equal('CLOSED');
    });
  });

  describe('takes up what the node before it left', () => {
    const running = { agent: 'echo', epoch: 7, state: 'ready', startedMs: Date.UTC(2026, 0, 1) } as const;

    for (const [what, changes] of [
      ['another start', { startTicks: 1 }],
      ['another boot', { bootId: 'earlier' }],
    ] as const) {
      it(`and never touches a process that only has the pid, with ${what}`, async () => {
        const foreign = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
        const exited = once(foreign, 'exit');
        const { pid = 0 } = foreign;
        try {
          const startTicks = processStat(pid)?.startTicks ?? 0;
          const record = { ...processRecord({ ...running, pid, startTicks, bootId: bootId() }), ...changes };
          const supervisor = world().start([world().plan('echo', FOREVER)], { records: [record] });
          await untilState(supervisor.find('echo'), 'ready');
          expect(supervisor.find('echo').pid).to.not.equal(pid);
          expect(supervisor.find('echo').epoch).to.be.greaterThan(100);
          await supervisor.find('echo').stop();
          expect(processStat(pid)).to.not.equal(undefined);
        } finally {
          foreign.kill('SIGKILL');
          await exited;
        }
      });
    }

    it('with its count, its time and its age, when it lives', async () => {
      const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
      const exited = once(child, 'exit');
      const { pid = 0 } = child;
      const startTicks = processStat(pid)?.startTicks ?? 0;
      const record = processRecord({ ...running, pid, startTicks, bootId: bootId(), restarts: 3, planHash: 'older' });
      const supervisor = world().start([world().plan('echo', FOREVER)], { records: [record] });
      const process = supervisor.find('echo');
      expect([process.pid, process.epoch, process.state, process.restarts]).to.deep.equal([pid, 7, 'ready', 3]);
      expect([process.startedMs, process.outdated]).to.deep.equal([running.startedMs, true]);
      expect(process.attachment).to.include({ control: 'tcp://127.0.0.1:9' });
      expect(process.uptimeMs).to.be.lessThan(60_000);
      child.kill('SIGKILL');
      await exited;
      await until(() => process.epoch > 7 && process.state === 'ready');
      expect(world().deaths.map(({ epoch, isUnseen }) => [epoch, isUnseen])).to.deep.equal([[7, false]]);
      expect([process.restarts, process.outdated]).to.deep.equal([4, false]);
    });

    it('and ends it when somebody had stopped it', async () => {
      const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
      const exited = once(child, 'exit');
      const { pid = 0 } = child;
      const startTicks = processStat(pid)?.startTicks ?? 0;
      const record = processRecord({ ...running, pid, startTicks, bootId: bootId(), wanted: false, state: 'draining' });
      const supervisor = world().start([world().plan('echo', FOREVER)], { records: [record] });
      await exited;
      await untilState(supervisor.find('echo'), 'stopped');
      expect(world().stepsOf('echo')).to.deep.equal(['draining → stopped']);
    });

    it('and ends it and starts it again when that had begun', async () => {
      const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
      const exited = once(child, 'exit');
      const { pid = 0 } = child;
      const startTicks = processStat(pid)?.startTicks ?? 0;
      const why = 'it was restarted by hand';
      const record = processRecord({ ...running, pid, startTicks, bootId: bootId(), state: 'draining', why });
      const supervisor = world().start([world().plan('echo', FOREVER)], { records: [record] });
      await exited;
      await untilState(supervisor.find('echo'), 'ready');
      expect(world().stepsOf('echo').at(0)).to.equal('draining → stopped');
      expect(world().deaths, 'it was asked for').to.deep.equal([]);
    });

    /** A pid that nobody has: higher than the kernel gives. */
    const gone = { ...running, pid: 2 ** 22 + 1, bootId: bootId() };
    const startedNow = (count: number) => Array.from({ length: count }, () => Date.now());

    it('and counts in its budget, once, and reports, once, what died meanwhile', async () => {
      const record = processRecord({ ...gone, starts: startedNow(2), restarts: 1 });
      const supervisor = world().start([world().plan('echo', FOREVER)], { records: [record] });
      const process = supervisor.find('echo');
      await untilState(process, 'ready');
      expect(world().deaths.map(({ isUnseen, verdict }) => [isUnseen, verdict.kind])).to.deep.equal([
        [true, 'backoff'],
      ]);
      expect([process.restarts, process.history.startsMs.length]).to.deep.equal([2, 3]);
      expect(process.lastExit).to.equal('ended unseen');
    });

    it('and starts again what was ending to be started again, which is no crash', async () => {
      const record = processRecord({
        ...gone,
        state: 'draining',
        why: 'it was restarted by hand',
        starts: startedNow(3),
      });
      const supervisor = world().start([world().plan('echo', FOREVER)], { records: [record] });
      await untilState(supervisor.find('echo'), 'ready');
      expect(world().deaths).to.deep.equal([]);
    });

    it('and quarantines what died meanwhile once too often', async () => {
      const record = processRecord({ ...gone, starts: startedNow(3) });
      const supervisor = world().start([world().plan('echo', FOREVER)], { records: [record] });
      expect(supervisor.find('echo').state).to.equal('quarantined');
      expect(world().deaths).to.have.length(1);
    });

    it('as it was when it is quarantined or was stopped, and reports nothing again', async () => {
      const supervisor = world().start(
        [world().plan('bad', FOREVER), world().plan('down', FOREVER), world().plan('a', FOREVER)],
        {
          records: [
            processRecord({ agent: 'bad', state: 'quarantined', pid: 0, why: 'too often' }),
            processRecord({ agent: 'down', state: 'stopped', wanted: false, pid: 0, why: 'it was stopped by hand' }),
          ],
        },
      );
      await untilState(supervisor.find('a'), 'ready');
      const told = ['bad', 'down'].map((name) => {
        const process = supervisor.find(name);
        return [process.state, supervisor.whyOf(process)];
      });
      expect(told).to.deep.equal([
        ['quarantined', 'too often'],
        ['stopped', 'it was stopped by hand'],
      ]);
      expect(world().deaths).to.deep.equal([]);
      expect(supervisor.isSettled).to.equal(true);
      await supervisor.stopAgents();
      expect(supervisor.find('bad').state, 'also when its machine goes down').to.equal('quarantined');
    });
  });
});
