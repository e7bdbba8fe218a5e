/**
 * Programs that know nothing of the mesh, or only its protocol, in the care of a real node: how they become ready, how
 * they are watched, how they end, and what is said of those that behave badly.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { findProcesses, tokenOf } from '../../common/core/process-scan.js';
import type { ProcessRowBody } from '../../common/protocol/catalogue.js';
import { runMesh } from '../cli/mesh-process.js';
import { expectRejection } from '../support/expect-error.js';
import { type AgentSetup, TestFleet } from '../support/fleet/test-fleet.js';
import { freePorts } from '../support/network/free-addresses.js';
import { type StoredReport, storedErrors } from '../support/oracle/main-log.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

const PYTHON = '/usr/bin/python3';
const MESH = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const SERVICE = fileURLToPath(new URL('../fixtures/foreign-service.js', import.meta.url));
const AGENT = fileURLToPath(new URL('../../../test/fixtures/python/agent.py', import.meta.url));

const sh = (script: string, rest: Omit<AgentSetup, 'command'> = {}): AgentSetup => ({
  command: ['sh', '-c', script],
  ...rest,
});
const once = { restart: 'never' } as const;
/** It says so, and does so, until it is killed. */
const forGood = 'while :; do sleep 0.05; done';

describe('a program that is not ours', function () {
  this.timeout(60_000);
  let fleet: TestFleet;
  let hasPython = false;

  const main = () => fleet.main;
  const row = (name: string): Promise<ProcessRowBody> => main().process(name);
  const inState = (name: string, ...states: string[]) =>
    waitFor(`${name} to be ${states.join(' or ')}`, async () => {
      const found = await row(name);
      if (states.includes(found.state)) return found;
      throw new Error(`it is ${found.state}: ${found.why}`);
    });
  const errorsOf = (name: string): StoredReport[] => storedErrors(main().logFile).filter(({ agent }) => agent === name);
  const errorOf = (name: string, code: string) =>
    waitFor(`an error ${code} of ${name}`, () => errorsOf(name).find((error) => error.code === code));
  const logOf = (name: string) => readFileSync(join(main().data, 'logs', `${name}.log`), 'utf8');
  const living = (name: string) =>
    findProcesses(tokenOf(main().home, 'main')).filter(({ env }) => env['MESH_AGENT'] === name);
  const folderOf = (name: string) => join(main().home, name);

  before(async () => {
    hasPython = await promisify(execFile)(PYTHON, ['-c', 'import zmq, msgpack']).then(
      () => true,
      () => false,
    );
    const [webPort = 0, tcpPort = 0] = await freePorts(2);
    const service = (port: number, rest: Omit<AgentSetup, 'command'>): AgentSetup => ({
      command: [process.execPath, SERVICE, String(port), 'port'],
      ...rest,
    });
    const hook = (name: string) => ['sh', '-c', `echo "$MESH_HOOK $MESH_PID $MESH_EXIT" >>hooks.txt; ${name}`];
    const agents: Record<string, AgentSetup> = {
      plain: sh('sleep 600'),
      web: service(webPort, {
        cwd: 'web',
        ready: { http: `http://127.0.0.1:${webPort}/` },
        alive: { http: `http://127.0.0.1:${webPort}/`, intervalMs: 50, failures: 2 },
      }),
      hangs: service(tcpPort, {
        cwd: 'hangs',
        ready: { tcp: `127.0.0.1:${tcpPort}` },
        alive: { http: `http://127.0.0.1:${tcpPort}/`, intervalMs: 50, failures: 2 },
        limits: { hangMs: 100 },
      }),
      says: { command: [process.execPath, SERVICE], ready: { log: '^listening on \\d+$' } },
      touches: sh(`sleep 0.1; touch here; ${forGood}`, { cwd: 'touches', ready: { file: 'here' } }),
      tries: sh(`sleep 0.1; touch it; ${forGood}`, { cwd: 'tries', ready: { exec: ['test', '-e', 'it'] } }),
      never: sh(forGood, { ...once, ready: { exec: ['sleep', '600'], timeoutMs: 50 }, readyTimeoutMs: 300 }),
      daemon: sh('setsid sleep 600 & exit 0', once),
      lingers: sh('sleep 0.02 & exit 0', once),
      stubborn: sh(`trap '' TERM; echo deaf; ${forGood}`, { ready: { log: '^deaf$' }, stopGraceMs: 200 }),
      slow: sh(`until [ -e go ]; do sleep 0.05; done; echo serving; ${forGood}`, {
        cwd: 'slow',
        ready: { log: '^serving$', intervalMs: 100 },
      }),
      vanishes: { command: ['./vanishes'], ...once },
      hooked: sh(`trap 'exit 0' TERM; ${forGood}`, {
        cwd: 'hooked',
        hooks: { onStart: hook(''), onReady: hook(''), onDrain: hook(''), onStop: hook('') },
      }),
      refused: sh('touch ran', { ...once, cwd: 'refused', hooks: { onStart: hook('exit 3'), onError: hook('') } }),
      told: sh(`echo up >&2; ${forGood}`, { hooks: { onReady: ['sh', '-c', 'sleep 600'], timeoutMs: 100 } }),
      wrapped: { command: [process.execPath, MESH, 'wrap', '--', 'sh', '-c', `echo "it hurts" >&2; ${forGood}`] },
      breaks: {
        command: [process.execPath, MESH, 'wrap', '--', 'sh', '-c', 'echo "the last words" >&2; kill -ABRT $$'],
        ...once,
      },
      ...(hasPython ? { python: { command: [PYTHON, AGENT], attaches: true, config: { greeting: 'hello' } } } : {}),
    };
    fleet = await TestFleet.open({ main: agents });
    for (const name of ['web', 'hangs', 'touches', 'tries', 'hooked', 'refused', 'slow']) mkdirSync(folderOf(name));
    writeFileSync(folderOf('vanishes'), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    main().start();
    await waitUntil('the node to answer', async () => (await main().ask('node.ps', {})).agents.length > 0);
  });
  after(() => fleet.close());
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
  });

  describe('becomes ready', () => {
    for (const [name, how] of [
      ['plain', 'as soon as it runs, where nothing else is said'],
      ['web', 'when it answers over http'],
      ['hangs', 'when it accepts a connection'],
      ['says', 'when it says so in its output'],
      ['touches', 'when its file is there'],
      ['tries', 'when a program says so'],
    ] as const) {
      it(how, async () => {
        const { pid, restarts } = await inState(name, 'ready');
        expect(pid).to.be.greaterThan(0);
        expect(restarts).to.equal(0);
      });
    }

    it('never, when its probe never answers: it is ended when its time is over, and that is said', async () => {
      await inState('never', 'failed');
      const { message } = await errorOf('never', 'START_FAILED');
      expect(message).to.equal('never@main ended unexpectedly: it was not ready within 300 ms');
      await waitUntil('its probes to be gone', () => living('never').length === 0);
    });
  });

  describe('is seen by everybody', () => {
    it('in the registry, with its state and without a control socket', async () => {
      await inState('plain', 'ready');
      const { agents } = await main().ask('registry.find', { agent: 'plain' });
      expect(agents).to.have.length(1);
      expect(agents[0]).to.include({ state: 'ready', control: '', instance: 'plain@main' });
    });

    it('and takes no calls, which is told as that', async () => {
      await inState('plain', 'ready');
      const { message } = await expectRejection('UNKNOWN_METHOD', main().call('plain.say'));
      expect(message).to.equal('plain@main takes no calls: it is a program that is only supervised');
    });
  });

  describe('is watched', () => {
    it('and busy while its alive probe fails, then ready again, and was never started anew', async () => {
      const { pid } = await inState('web', 'ready');
      writeFileSync(join(folderOf('web'), 'ill'), '');
      const busy = await inState('web', 'busy');
      expect(busy.why).to.match(/alive probe fails: http.* answered with status 503/);
      rmSync(join(folderOf('web'), 'ill'));
      expect(await inState('web', 'ready')).to.include({ pid, restarts: 0 });
    });

    it('and started anew when it is busy for longer than it may be', async () => {
      const { pid, epoch } = await inState('hangs', 'ready');
      writeFileSync(join(folderOf('hangs'), 'ill'), '');
      await errorOf('hangs', 'HUNG');
      rmSync(join(folderOf('hangs'), 'ill'));
      const next = await main().successor('hangs', epoch);
      expect(next.pid).to.not.equal(pid);
    });
  });

  describe('ends', () => {
    it('with whatever it started, also in a session of its own, and is told that it went into the background', async () => {
      const { lastExit = '' } = await inState('daemon', 'failed');
      expect(lastExit).to.match(/^it went into the background: a process of it lived on/);
      expect(living('daemon')).to.deep.equal([]);
      const { context } = await errorOf('daemon', 'START_FAILED');
      expect(context['next']).to.match(/stay in the foreground/);
    });

    it('well, when what its shell left ends by itself within a moment', async () => {
      expect((await inState('lingers', 'completed')).lastExit).to.equal('exit code 0');
    });

    it('by SIGKILL when it ignores SIGTERM for longer than its grace, and that is said', async () => {
      await inState('stubborn', 'ready');
      await main().ask('node.stop', { agent: 'stubborn' });
      const { lastExit } = await inState('stubborn', 'stopped');
      expect(lastExit).to.equal('it was stopped by hand; killed: it had not ended 200 ms after SIGTERM');
      await waitUntil('nothing of it to be left', () => living('stubborn').length === 0);
    });

    it('and says why it cannot start again, when its program is gone', async () => {
      await inState('vanishes', 'ready');
      renameSync(folderOf('vanishes'), folderOf('vanished'));
      await main().ask('node.restart', { agent: 'vanishes' });
      await inState('vanishes', 'failed');
      const { message, context } = await errorOf('vanishes', 'START_FAILED');
      expect(message).to.match(/there is no program .*\/vanishes$/);
      expect(context['next']).to.match(/relative to the fleet folder/);
    });
  });

  describe('with hooks', () => {
    const hooksOf = (name: string) => {
      const file = join(folderOf(name), 'hooks.txt');
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    };

    it('has them run at the turns of its life, each knowing its process', async () => {
      const { pid } = await inState('hooked', 'ready');
      await waitUntil('two hooks', () => hooksOf('hooked').length === 2);
      await main().ask('node.stop', { agent: 'hooked' });
      await inState('hooked', 'stopped');
      await waitUntil('four hooks', () => hooksOf('hooked').length === 4);
      expect(hooksOf('hooked')).to.deep.equal(['onStart  ', `onReady ${pid} `, `onDrain ${pid} `, `onStop ${pid} 0`]);
    });

    it('is not started when its start hook fails, and its error hook hears of it', async () => {
      await inState('refused', 'failed');
      const { message } = await errorOf('refused', 'START_FAILED');
      expect(message).to.equal('refused@main ended unexpectedly: its hook onStart failed: exit code 3');
      await waitUntil('its error hook', () => hooksOf('refused').length === 2);
      expect(hooksOf('refused')[1]).to.match(/^onError {2}/);
      expect(existsSync(join(folderOf('refused'), 'ran'))).to.equal(false);
    });

    it('goes on when another hook takes too long, which is killed and told', async () => {
      await inState('told', 'ready');
      const { message } = await errorOf('told', 'HOOK_FAILED');
      expect(message).to.equal('told@main: its hook onReady failed: it took longer than 100 ms and was killed');
      expect((await row('told')).state).to.equal('ready');
    });
  });

  describe('under mesh wrap', () => {
    it('has its standard error on the error bus in its own name, and in its log as it was', async () => {
      await inState('wrapped', 'ready');
      const { message, context } = await errorOf('wrapped', 'STDERR');
      expect(message).to.equal('it hurts');
      expect(context).to.deep.equal({ program: 'sh', lines: 1 });
      expect(logOf('wrapped')).to.equal('it hurts\n');
    });

    it('is told once when it dies, with the signal and its last lines', async () => {
      await inState('breaks', 'failed');
      const { context } = await errorOf('breaks', 'AGENT_CRASHED');
      expect(context).to.include({ signal: 'SIGABRT', exitCode: 134 });
      expect(context['lastLogLines']).to.deep.equal(['the last words']);
      const crashes = errorsOf('breaks').filter(({ code }) => code !== 'STDERR');
      expect(crashes).to.have.length(1);
    });

    it('outside of any set is told in the name that it was given, traces as one error, and its end', async () => {
      const trace = 'Traceback (most recent call last):\\n  File "a.py", line 1\\nValueError: no input\\n';
      const script = `printf 'slow\\n\\n${trace}' >&2; exit 4`;
      const args = ['wrap', '--as', 'nightly', '--severity', 'warning', '--', 'sh', '-c', script];
      const { code, stderr } = await runMesh(args, { cwd: main().home });
      expect(code).to.equal(4);
      expect(stderr).to.match(/^slow\n\nTraceback .*\n.*\nValueError: no input\n$/);
      await errorOf('nightly', 'AGENT_CRASHED');
      const told = errorsOf('nightly').map((error) => [error.code, error.message]);
      expect(told).to.deep.equal([
        ['STDERR', 'slow'],
        ['ValueError', 'ValueError: no input'],
        ['AGENT_CRASHED', 'nightly: sh ended unexpectedly: exit code 4'],
      ]);
    });

    it('is ended with what it wraps', async () => {
      await inState('wrapped', 'ready');
      await main().ask('node.stop', { agent: 'wrapped' });
      await inState('wrapped', 'stopped');
      expect(living('wrapped')).to.deep.equal([]);
    });
  });

  describe('that speaks the protocol, in Python', () => {
    before(function () {
      if (hasPython) return;
      console.warn(`SKIPPED: ${PYTHON} with zmq and msgpack (python3-zmq, python3-msgpack) is needed`);
      this.skip();
    });

    it('attaches, says itself when it is ready, and answers calls with what its set gave it', async () => {
      const ready = await inState('python', 'ready');
      expect(ready).to.include({ version: '1.0.0' });
      expect(await main().call('python.add', { numbers: [1, 2, 39] })).to.deep.equal({ sum: 42 });
      expect(await main().call('python.whoami')).to.deep.equal({ instance: 'python@main', greeting: 'hello' });
    });

    it('ends well at SIGTERM, and comes again when it is killed', async () => {
      const { epoch } = await inState('python', 'ready');
      await main().kill('python');
      const next = await main().successor('python', epoch);
      expect(next).to.include({ restarts: 1, lastExit: 'killed by SIGKILL' });
      await main().ask('node.restart', { agent: 'python' });
      expect((await main().successor('python', next.epoch)).restarts).to.equal(1);
    });

    it('and closes its own control socket is alive by its words; its callers get an error and not silence', async () => {
      const { epoch } = await inState('python', 'ready');
      // Its answer may be cut off by what it does.
      await main()
        .call('python.deafen')
        .catch(() => undefined);
      await waitUntil('calls to fail', async () => {
        const answer = await main()
          .call('python.add', { numbers: [1] })
          .then(
            () => 'an answer',
            (error: { code: string }) => error.code,
          );
        return ['UNREACHABLE', 'CONNECTION_LOST', 'TIMED_OUT'].includes(answer);
      });
      expect(await row('python')).to.include({ state: 'ready', epoch });
    });
  });

  describe('whose node dies', () => {
    it('goes on as it was with the next one, which sees its end, and takes no line of an earlier run for its own', async () => {
      writeFileSync(join(folderOf('slow'), 'go'), '');
      await inState('slow', 'ready');
      rmSync(join(folderOf('slow'), 'go'));
      await main().ask('node.restart', { agent: 'slow' });
      const slow = await inState('slow', 'starting');
      const plain = await inState('plain', 'ready');
      // A set that names what is not there is refused at a first start; here it must not cost the living their node.
      expect(existsSync(folderOf('vanishes'))).to.equal(false);
      await main().killNode();
      main().start();

      expect(await inState('plain', 'ready')).to.include({ pid: plain.pid, restarts: 0 });
      const waiting = await waitFor('its probe to be asked', async () => {
        const found = await row('slow');
        return found.why.includes('no line') || found.state === 'ready' ? found : undefined;
      });
      expect(waiting).to.include({ pid: slow.pid, state: 'starting' });
      writeFileSync(join(folderOf('slow'), 'go'), '');
      expect(await inState('slow', 'ready')).to.include({ pid: slow.pid });

      await main().kill('plain');
      expect(await main().successor('plain', plain.epoch)).to.include({ restarts: 1 });
    });
  });
});
