/** Policies in a fleet at work: they reach whoever calls without restarting anybody, and what they did can be asked. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import { runMesh } from '../cli/mesh-process.js';
import { echo, fixture, useFleet } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

const caller = fixture('caller');

/** What `mesh policy test --json` tells. */
interface Tested {
  readonly fields: readonly { readonly field: string }[];
  readonly calls: readonly {
    readonly caller: string;
    readonly code: string;
    readonly fallback: string;
    readonly attempts: readonly object[];
  }[];
}

describe('policies in a fleet at work', () => {
  const fleet = useFleet({ main: { caller, echo }, pc2: { echo } });
  const fileOf = ({ home }: TestMachine) => join(home, 'config/policies.yaml');
  const write = (machine: TestMachine, ...lines: string[]) => writeFileSync(fileOf(machine), lines.join('\n'));
  const mesh = (...args: string[]) => runMesh(args, { cwd: fleet().main.home });
  const revision = async (machine: TestMachine) => (await machine.ask('node.policies', {})).revision;

  /** Nobody is there on main: only a fallback answers before the time is over. */
  const target = 'echo@main.say';
  const input = { text: 'hello' };
  const sayThroughAgent = () => fleet().main.call('caller.call', { target, input });
  const sayAsProgram = async () => (await fleet().main.mesh()).call(target, input, { timeoutMs: 50 });
  const outcome = (call: Promise<unknown>) => call.catch(({ code }: { code: string }) => code);

  /** Resolves when the agent works by the rules that its node has. */
  const callerHasHeard = async (machine: TestMachine) => {
    const { agents } = await machine.ask('registry.find', { agent: 'caller', machine: machine.name });
    const control = new RequestClient({
      endpoint: agents[0]?.control ?? '',
      name: 'test',
      peer: 'caller',
      frameBytesMax: limits.callFrameBytesMax,
    });
    try {
      await waitUntil('the caller to have the rules of its node', async () => {
        const { policies } = await control.request('mesh.calls', {});
        return policies === (await revision(machine));
      });
    } finally {
      control.close();
    }
  };

  const pids = async () => {
    const { agents } = await fleet().main.ask('node.ps', {});
    return agents.map(({ agent, pid }) => `${agent} ${pid}`);
  };

  before(async () => {
    const { main } = fleet();
    await main.ask('node.stop', { agent: 'echo' });
    await waitUntil('echo to be down', async () => (await main.process('echo')).state === 'stopped');
  });

  it('take effect for agents and programs as they run, in a reload that says so and restarts nobody', async () => {
    const { main } = fleet();
    expect(await outcome(sayAsProgram()), 'without a policy').to.equal('UNREACHABLE');
    const old = await pids();
    write(main, '- match: { service: echo }', '  timeoutMs: 100', '  fallback: { value: { text: nobody } }');
    const dry = await mesh('reload', 'main', '--dry-run');
    expect(dry.stdout).to.match(/^node +main +as it runs +policies$/m);
    expect(await revision(main), 'a dry run changes nothing').to.equal('');

    const { code, stderr } = await mesh('reload', 'main');
    expect(stderr).to.contain('node@main live done');
    expect(code).to.equal(0);
    await callerHasHeard(main);
    expect(await sayThroughAgent()).to.deep.equal({ text: 'nobody' });
    await waitUntil('the program to have heard', async () => (await outcome(sayAsProgram())) !== 'UNREACHABLE');
    expect(await sayAsProgram()).to.deep.equal({ text: 'nobody' });
    expect(await pids()).to.deep.equal(old);
    expect((await main.ask('node.reload', { dryRun: true })).changes, 'nothing is left to do').to.deep.equal([]);
  });

  it('are told with file and line, and with what they did to the last calls', async () => {
    const { code, stdout, stderr } = await mesh('policy', 'test', 'echo.say', '--json');
    const { fields, calls } = JSON.parse(stdout) as Tested;
    expect(fields.find(({ field }) => field === 'fallback')).to.deep.equal({
      field: 'fallback',
      value: { value: { text: 'nobody' } },
      match: 'echo.*',
      file: 'config/policies.yaml',
      line: 1,
    });
    expect(calls).to.have.length(1);
    expect(calls[0]).to.include({ caller: 'caller@main', code: '', fallback: 'value' });
    expect(calls[0]?.attempts, 'there was nobody to be asked').to.deep.equal([]);
    // pc2 has a copy of its own, in which there is no policy.
    expect(stderr).to.contain('pc2 works by other policies than the files here: "mesh reload pc2"');
    expect(code).to.equal(0);
    const shown = await mesh('policy', 'test', 'echo.say');
    expect(shown.stdout).to.match(/^fallback +{value: {text: "nobody"}} +echo\.\* at config\/policies\.yaml:1$/m);
    expect(shown.stdout).to.match(/ caller@main +\d+ms +fallback +not sent, then value$/m);
    const unknown = await mesh('policy', 'test', 'caller.cal');
    expect(unknown.code).to.equal(3);
    expect(unknown.stderr).to.contain('caller has no action "cal"\ndid you mean call?');
  });

  it('tell each attempt, and the fallback that was another action', async () => {
    const { main } = fleet();
    write(
      main,
      '- match: { service: "*" }',
      '  timeoutMs: 4000',
      '- match: { service: echo }',
      '  timeoutMs: 1000',
      '  fallback: { target: echo@pc2.say }',
    );
    expect((await mesh('reload', 'main')).code).to.equal(0);
    await callerHasHeard(main);
    expect(await sayThroughAgent()).to.deep.equal(input);
    const { stdout } = await mesh('policy', 'test', 'echo.say', '-n', '2', '--json');
    const { calls } = JSON.parse(stdout) as Tested;
    expect(calls.map(({ fallback, code }) => ({ fallback, code }))).to.deep.equal([
      { fallback: 'echo@pc2.say', code: '' },
      { fallback: '', code: '' },
    ]);
    expect(calls[1]?.attempts).to.have.length(1);
    expect(calls[1]?.attempts[0]).to.include({ instance: 'echo@pc2', breaker: 'closed', code: '' });
  });

  it('stay as they were when the rollout that brings them is taken back', async () => {
    const { main } = fleet();
    const old = await revision(main);
    const agents = join(main.home, 'config/machines/main.yaml');
    const broken = { module: './broken.js' };
    writeFileSync(join(main.home, 'broken.js'), 'throw new Error("this module is broken");\n');
    writeFileSync(agents, JSON.stringify({ agents: { caller, echo, broken } }));
    write(main, '- { match: { service: echo }, timeoutMs: 1 }');
    const { code, stderr } = await mesh('reload', 'main');
    expect(code).to.equal(1);
    expect(stderr).to.not.contain('node@main live done');
    expect(await revision(main)).to.equal(old);
    writeFileSync(agents, JSON.stringify({ agents: { caller, echo } }));
  });

  it('are those of the files for an agent that attaches, and for those whose node was started anew', async () => {
    const { main } = fleet();
    write(main, '- { match: { service: echo }, timeoutMs: 100, fallback: { value: anew } }');
    await main.killNode();
    main.start();
    await waitFor('the node to be back', () => main.ask('node.policies', {}));
    await callerHasHeard(main);
    expect(await sayThroughAgent()).to.equal('anew');
    const { epoch } = await main.kill('caller');
    await main.successor('caller', epoch);
    expect(await sayThroughAgent(), 'with its first call').to.equal('anew');
  });

  it('are gone with their file', async () => {
    const { main } = fleet();
    rmSync(fileOf(main));
    expect((await mesh('reload', 'main')).code).to.equal(0);
    await callerHasHeard(main);
    await waitUntil('the program to have heard', async () => (await outcome(sayAsProgram())) === 'UNREACHABLE');
    expect(await revision(main)).to.equal('');
  });
});
