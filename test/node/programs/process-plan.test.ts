/** What a node would start, from files as people write them. */
import { join } from 'node:path';
import { expect } from 'chai';
import { openMachineFolder } from '../../../agents/node/machine/machine-folder.js';
import { differingFields } from '../../../agents/node/programs/plan-keys.js';
import type { Surroundings } from '../../../agents/node/programs/process-environment.js';
import { type ProcessPlan, planProcesses } from '../../../agents/node/programs/process-plan.js';
import { FAILPOINTS_VARIABLE } from '../../../common/core/failpoint.js';
import { FleetFolder } from '../../config/fleet-folder.js';

describe('the plan of a machine', () => {
  let folder: FleetFolder;
  beforeEach(() => {
    folder = new FleetFolder();
  });
  afterEach(() => folder.close());

  const env = { PATH: '/usr/bin:/bin', HOME: '/root', USER: 'root', SECRET: 'of the node', EXTRA: 'asked for' };

  /** Of the agents as they stand in `lines`. */
  function plans(lines: readonly string[], options: Partial<Surroundings> = {}): Record<string, ProcessPlan> {
    folder.write('config/machines/main.yaml', 'agents:', ...lines.map((line) => `  ${line}`));
    const fleet = folder.load();
    const { main: machine } = fleet;
    const machineFolder = openMachineFolder(fleet.home, machine.name);
    const planned = planProcesses({
      fleet,
      machine,
      folder: machineFolder,
      logLevel: 'info',
      version: '1.0.0',
      env,
      ...options,
    });
    return Object.fromEntries(planned.map((plan) => [plan.name, plan]));
  }
  const planOf = (...entry: string[]): ProcessPlan => {
    const { one } = plans(['one:', ...entry.map((line) => `  ${line}`)]);
    if (one === undefined) throw new Error('there is no plan for it');
    return one;
  };

  it('begins with the broker, which everybody waits for beside what they name', () => {
    const { broker, one, two } = plans([
      'one: { command: [tool], restart: never }',
      'two: { command: [tool], after: { one: completed }, required: true }',
    ]);
    expect(broker).to.include({ wave: 0, readiness: 'ask', required: true });
    expect(broker?.after).to.deep.equal([]);
    expect(one?.after).to.deep.equal([{ agent: 'broker', condition: 'ready' }]);
    expect(two).to.include({ wave: 2, required: true });
    expect(two?.after).to.deep.equal([
      { agent: 'broker', condition: 'ready' },
      { agent: 'one', condition: 'completed' },
    ]);
  });

  it('runs a command as it stands, and one of the fleet folder from wherever it works', () => {
    expect(planOf('command: [tool, ./x, "$HOME"]')).to.deep.include({ executable: 'tool', argv: ['./x', '$HOME'] });
    const plan = planOf(
      'command: [./bin/tool]',
      'cwd: bin',
      'ready: { exec: [./bin/tool] }',
      'hooks: { onStart: [./bin/tool, -x] }',
    );
    const tool = join(folder.home, 'bin/tool');
    expect(plan).to.deep.include({ executable: tool, argv: [], cwd: join(folder.home, 'bin') });
    expect(plan.ready?.check).to.deep.equal({ kind: 'exec', argv: [tool] });
    expect(plan.hooks).to.deep.equal({ onStart: [tool, '-x'] });
  });

  it('knows how each kind of program becomes ready', () => {
    expect(planOf('module: ./agents/own.js').readiness).to.equal('attach');
    expect(planOf('command: [tool]', 'attaches: true').readiness).to.equal('attach');
    expect(planOf('command: [tool]').readiness).to.equal('start');
    expect(planOf('command: [tool]', 'ready: { tcp: "127.0.0.1:80" }').readiness).to.equal('probe');
  });

  describe('as environment', () => {
    it('passes on a few variables, those that are asked for, those of the set, and nothing else', () => {
      const seen = planOf('command: [tool]', 'inheritEnv: [EXTRA, ABSENT]', 'env: { LANG: C, TZ: Mars }').env(7);
      expect(seen).to.include({ HOME: '/root', EXTRA: 'asked for', LANG: 'C', TZ: 'Mars', PATH: '/usr/bin:/bin' });
      expect(seen).to.not.have.any.keys('SECRET', 'ABSENT');
    });

    it('never names the places at which tests kill a process, whoever asks for that', () => {
      const all = plans(['one: { command: [tool] }'], { env: { ...env, [FAILPOINTS_VARIABLE]: '/failpoints' } });
      for (const plan of Object.values(all)) expect(plan.env(7)).to.not.have.property(FAILPOINTS_VARIABLE);
      expect(() => planOf('command: [tool]', `env: { ${FAILPOINTS_VARIABLE}: /failpoints }`)).to.throw('MESH_');
      expect(() => planOf('command: [tool]', `inheritEnv: [${FAILPOINTS_VARIABLE}]`)).to.throw('MESH_');
    });

    it('tells a foreign program all that it tells an agent of ours', () => {
      const ours = planOf('module: ./agents/own.js').env(7);
      const foreign = planOf('command: [tool]').env(7);
      expect(foreign).to.have.all.keys(Object.keys(ours));
      expect(foreign).to.include({ MESH_AGENT: 'one', MESH_EPOCH: '7', MESH_MACHINE: 'main', MESH_HOME: folder.home });
      expect(foreign['MESH_NODE']).to.equal('tcp://127.0.0.1:7400');
    });

    it('gives somebody else no home and no name of the user of the node, and no file in its folder', () => {
      expect(planOf('command: [tool]', 'user: daemon').env(7)).to.not.have.any.keys('HOME', 'USER', 'MESH_IPC');
    });

    it('has a socket file of each incarnation, unless the path leaves no room for its name', () => {
      const endpointOf = (name: string) => plans([`${name}: { command: [tool] }`])[name]?.env(1e15)['MESH_IPC'];
      expect(endpointOf('one')).to.equal(`ipc://${join(folder.home, 'data/main/ipc/one-1000000000000000')}`);
      expect(endpointOf(`a${'b'.repeat(63)}`)).to.equal(undefined);
    });
  });

  describe('tells apart', () => {
    const base = ['command: [tool, a]', 'env: { A: "1", B: "2" }'];
    const changed = (...lines: string[]) => {
      const before = planOf(...base);
      const after = planOf(...lines);
      return {
        restart: differingFields(before.restartKey, after.restartKey),
        live: differingFields(before.liveKey, after.liveKey),
        isSameHash: before.planHash === after.planHash,
      };
    };

    it('nothing, where only the order of keys is another', () => {
      expect(changed('env: { B: "2", A: "1" }', 'command: [tool, a]')).to.deep.equal({
        restart: [],
        live: [],
        isSameHash: true,
      });
    });

    for (const [field, ...lines] of [
      ['command', 'command: [tool, b]', base[1]],
      ['env', base[0], 'env: { A: "1" }'],
      ['config', ...base, 'config: { a: 1 }'],
      ['cwd', ...base, 'cwd: bin'],
      ['user', ...base, 'user: daemon'],
      ['nice', ...base, 'nice: 5'],
      ['telemetry', ...base, 'telemetry: false'],
      ['inheritEnv', ...base, 'inheritEnv: [EXTRA]'],
      ['stopGraceMs', ...base, 'stopGraceMs: 1'],
      ['attaches', ...base, 'attaches: true'],
    ] as [string, ...string[]][]) {
      it(`a change of ${field}, which needs a new process`, () => {
        expect(changed(...lines)).to.deep.equal({ restart: [field], live: [], isSameHash: false });
      });
    }

    for (const [field, line] of [
      ['restart', 'restart: never'],
      ['limits', 'limits: { memoryMiB: 10 }'],
      ['required', 'required: true'],
      ['ready', 'ready: { tcp: "127.0.0.1:80" }'],
      ['alive', 'alive: { tcp: "127.0.0.1:80" }'],
      ['hooks', 'hooks: { onStop: [tool] }'],
      ['hookTimeoutMs', 'hooks: { timeoutMs: 1 }'],
      ['readyTimeoutMs', 'readyTimeoutMs: 1'],
    ] as const) {
      it(`a change of ${field}, which takes effect at once`, () => {
        expect(changed(...base, line)).to.deep.equal({ restart: [], live: [field], isSameHash: true });
      });
    }

    it('a module under another release of the mesh, but not a command', () => {
      const lines = ['one: { module: ./agents/own.js }', 'two: { command: [tool] }'];
      const before = plans(lines);
      const after = plans(lines, { version: '1.0.1' });
      expect(differingFields(before['one']?.restartKey ?? {}, after['one']?.restartKey ?? {})).to.deep.equal([
        'version',
      ]);
      expect(before['two']?.planHash).to.equal(after['two']?.planHash);
    });

    it('nothing, where only the surroundings of the node are others', () => {
      const lines = ['one: { command: [tool], inheritEnv: [EXTRA] }'];
      const before = plans(lines);
      const after = plans(lines, { env: { PATH: '/elsewhere' }, logLevel: 'debug' });
      expect(before['one']?.planHash).to.equal(after['one']?.planHash);
    });
  });
});
