import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf, runMesh } from './mesh-process.js';
import { closeServer, listenOn, SampleFleet } from './sample-fleet.js';

describe('commands that need a folder and no running fleet', () => {
  let fleet: SampleFleet;
  beforeEach(async () => {
    fleet = await SampleFleet.create();
  });
  afterEach(() => fleet.close());
  const mesh = (...args: string[]) => runMesh(args, { cwd: fleet.home });

  describe('config validate', () => {
    it('says what is there when all is well', async () => {
      const { code, stdout } = await mesh('config', 'validate');
      expect(code).to.equal(0);
      expect(stdout).to.contain('mesh "sample"').and.contain('2 machines, 6 agents');
    });

    it('tells a script the same in JSON and in YAML, with an overlay too', async () => {
      const json = JSON.parse((await mesh('config', 'validate', '--json', '--env', 'production')).stdout);
      expect(json).to.deep.include({ valid: true, mesh: 'sample', home: fleet.home, environment: 'production' });
      expect(json.machines[1]).to.deep.include({ machine: 'pc2', agents: ['echo', 'host-monitor', 'log-watcher'] });
      expect((await mesh('config', 'validate', '-o', 'yaml')).stdout).to.contain('mesh: sample\n');
    });

    it('names every fault with its file and line', async () => {
      fleet.write('config/mesh.yaml', 'mesh: test\nmachines:\n  main: { role: main, adress: 127.0.0.1 }\n');
      const { code, stdout, stderr } = await mesh('config', 'validate');
      expect(code).to.equal(2);
      expect(stdout).to.equal('');
      expect(stderr).to.match(/config\/mesh\.yaml:3: .*adress/);
      const run = await mesh('config', 'validate', '--json');
      expect(errorOf(run)).to.include({ code: 'CONFIG_INVALID' });
      expect(errorOf(run).message).to.match(/config\/mesh\.yaml:3: .*adress/);
    });

    it('points to the fleet folder when there is none here', async () => {
      const empty = mkdtempSync(join(tmpdir(), 'mesh-cli-'));
      try {
        const { code, stderr } = await runMesh(['config', 'validate'], { cwd: empty });
        expect(code).to.equal(2);
        expect(stderr).to.contain(`does not exist in ${empty}`);
        expect(stderr).to.match(/^next: .*--mesh or MESH_HOME.*mesh init/m);
        const named = await runMesh(['config', 'validate', '--mesh', fleet.home], { cwd: empty });
        expect(named.code).to.equal(0);
        const variable = await runMesh(['config', 'validate'], { cwd: empty, env: { MESH_HOME: fleet.home } });
        expect(variable.code).to.equal(0);
      } finally {
        rmSync(empty, { recursive: true });
      }
    });
  });

  describe('port', () => {
    it('lists every port of ports.json with its state', async () => {
      const rows: unknown[] = JSON.parse((await mesh('port', 'ls', '--json')).stdout);
      expect(rows).to.have.length(10);
      expect(rows[0]).to.deep.include({
        name: 'node',
        machine: 'main',
        port: fleet.ports.main['node'],
        protocol: 'tcp',
      });
      expect((await mesh('port', 'ls', '--machine', 'pc2', '-o', 'name')).stdout).to.equal(
        'pc2.node\npc2.publish\npc2.subscribe\npc2.broker\n',
      );
      expect((await mesh('port', 'ls')).stdout).to.match(/^MACHINE +NAME +PORT +PROTOCOL +STATE$/m);
    });

    it('refuses a port that a stranger has, with the line that asks for it', async () => {
      expect(await mesh('port', 'check')).to.include({ code: 0 });
      const stranger = await listenOn('127.0.0.2', fleet.ports.pc2['publish'] ?? 0);
      try {
        const { code, stderr } = await mesh('port', 'check');
        expect(code).to.equal(6);
        expect(stderr).to.match(/ports\.json:\d+: port \d+ on 127\.0\.0\.2 \(publish of pc2\) is taken/);
        const run = await mesh('up', 'pc2', '--dry-run', '--json');
        expect(run.code).to.equal(6);
        expect(errorOf(run)).to.include({ code: 'PORT_IN_USE' });
        expect(await mesh('port', 'check', '--machine', 'main')).to.include({ code: 0 });
      } finally {
        await closeServer(stranger);
      }
    });
  });

  describe('up and down', () => {
    it('says what it would start, and starts nothing', async () => {
      const [main, pc2] = JSON.parse((await mesh('up', '--all', '--dry-run', '--json')).stdout);
      expect(main).to.deep.include({ machine: 'main', waves: [['echo', 'host-monitor'], ['http-probe']] });
      expect(pc2).to.deep.include({ machine: 'pc2', role: 'secondary' });
      expect(main).to.deep.include({ parallel: 2 * availableParallelism() });
      expect(main.agents.at(-1)).to.deep.include({
        agent: 'http-probe',
        instance: 'http-probe@main',
        wave: 1,
        after: [{ agent: 'echo', condition: 'ready' }],
        required: false,
        program: 'http-probe',
        restart: 'always',
        readyTimeoutMs: 20_000,
      });
      expect(main.ports[0]).to.deep.include({ name: 'node', state: 'free' });
    });

    it('shows people the plan of each machine: waves, conditions, required agents, programs, bounds', async () => {
      fleet.write(
        'config/machines/pc2.yaml',
        `launch: { parallel: 3 }
agents:
  migrate: { command: [node, -e, 'process.exit(0)'], restart: never, required: true }
  echo: { module: echo, after: { migrate: completed } }
`,
      );
      const { code, stdout } = await mesh('up', '--all', '--dry-run');
      expect(code).to.equal(0);
      expect(stdout).to.contain('pc2 (secondary, 127.0.0.2): 2 agents in 2 waves, 3 at a time, given up after 70 s');
      expect(stdout).to.match(/^0 +migrate \(required\) +- +20 s +never +node -e 'process\.exit\(0\)'$/m);
      expect(stdout).to.match(/^1 +echo +migrate completed +20 s +always +echo$/m);
      expect(stdout).to.match(/^pc2 +node +\d+ +tcp +free$/m);
    });

    it('refuses to start another box from here, and says where to start it', async () => {
      fleet.write(
        'config/mesh.yaml',
        fleet.read('config/mesh.yaml').replace('127.0.0.2', '203.0.113.7, listen: 127.0.0.2'),
      );
      const named = await mesh('up', 'pc2', '--dry-run');
      expect(named.code).to.equal(2);
      expect(named.stderr).to.contain('pc2 is not this box').and.contain('scripts/start-pc2.sh');
      const all = await mesh('up', '--all', '--dry-run', '--json');
      expect(all.code).to.equal(0);
      expect(all.stderr).to.contain('pc2 is another box').and.contain('scripts/start-pc2.sh');
      expect(JSON.parse(all.stdout)).to.have.length(1);
    });

    it('refuses a machine that the fleet does not have, with the nearest name', async () => {
      for (const args of [
        ['up', 'pc3'],
        ['down', 'pc3'],
        ['ps', '--machine', 'pc3'],
        ['call', 'a.b', '--machine', 'pc3'],
      ]) {
        const { code, stderr } = await mesh(...args);
        expect(code).to.equal(3);
        expect(stderr).to.contain('the fleet has no machine "pc3"').and.contain('did you mean pc2?');
      }
    });

    it('prints the warnings of an insecure mesh at every start', async () => {
      fleet.write(
        'config/mesh.yaml',
        fleet.read('config/mesh.yaml').replace('mesh: sample', 'mesh: sample\nsecurity: insecure'),
      );
      const { code, stderr } = await mesh('up', 'main', '--dry-run');
      expect(code).to.equal(0);
      expect(stderr).to.match(/^warning: security: insecure is set/m);
    });

    it('has nothing to stop where nothing runs', async () => {
      const { code, stdout } = await mesh('down', '--json');
      expect(code).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.equal([
        { machine: 'pc2', was: 'not running', killed: [] },
        { machine: 'main', was: 'not running', killed: [] },
      ]);
    });
  });

  describe('a fleet whose agents have a fault in their files', () => {
    it('is asked all the same: the fault is said, and blinds nobody', async () => {
      fleet.write('config/machines/main.yaml', 'agents: { echo: { modul: echo } }');
      for (const args of [['ps'], ['status'], ['logs', 'echo@pc2'], ['call', 'echo.say', '{}']]) {
        const run = await mesh(...args);
        expect(run.code, args.join(' ')).to.equal(4);
        if (args[0] === 'ps')
          expect(run.stderr).to.match(/^warning: .*\nwarning: config\/machines\/main\.yaml:1: .*modul/);
      }
      expect((await mesh('up', '--all', '--dry-run')).code, 'nothing is started of it').to.equal(2);
    });
  });

  describe('a fleet that is out of reach', () => {
    const servers: Server[] = [];
    afterEach(async () => {
      await Promise.all(servers.splice(0).map(closeServer));
    });

    const askingNodes = [['ps'], ['status'], ['journal', 'status'], ['journal', 'verify'], ['logs', 'echo']];
    const askingLog = [
      ['error', 'ls'],
      ['error', 'tail'],
      ['error', 'show', 'abcd'],
      ['stream', 'tail', '--no-follow'],
    ];
    const askingMesh = [
      ['registry', 'ls'],
      ['call', 'echo.say'],
      ['pub', 'a.b', '1'],
      ['sub', 'a.>'],
      ['stream', 'emit', 'a', '1'],
    ];
    it('ends every command that asks a node with 4, and names what was tried', async () => {
      for (const group of [askingNodes, askingMesh]) {
        for (const { code, stdout, stderr } of await Promise.all(group.map((args) => mesh(...args)))) {
          expect(code).to.equal(4);
          expect(`${stdout}${stderr}`).to.contain(`tcp://127.0.0.1:${fleet.ports.main['node']}`);
          expect(`${stdout}${stderr}`).to.contain('mesh up main');
        }
      }
    });

    it('ends every command that asks the log with 4, and names the log', async () => {
      for (const run of await Promise.all(askingLog.map((args) => mesh(...args, '--json')))) {
        expect(run.code).to.equal(4);
        expect(errorOf(run)).to.include({ code: 'UNREACHABLE' });
        expect(errorOf(run).message).to.contain(`the log on main`).and.contain(`:${fleet.ports.main['log']}`);
      }
    });

    it('is also one whose port is held by something that never answers', async () => {
      servers.push(await listenOn('127.0.0.1', fleet.ports.main['node'] ?? 0));
      const run = await mesh('ps', '--machine', 'main', '--json');
      expect(run.code).to.equal(4);
      expect(errorOf(run)).to.include({ code: 'UNREACHABLE' });
    });
  });
});
