/** A fleet that is right: what the resolved configuration says. */
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadFleet } from '../../common/config/fleet-config.js';
import { limits } from '../../common/core/limits.js';
import { FleetFolder } from './fleet-folder.js';

const TWO_MACHINES = [
  'machines:',
  '  main: { role: main, address: 127.0.0.1 }',
  '  pc2: { role: secondary, address: 127.0.0.2 }',
];

describe('a resolved fleet', () => {
  let fleet: FleetFolder;
  beforeEach(() => {
    fleet = new FleetFolder();
  });
  afterEach(() => fleet.close());

  it('has the endpoints of each machine, to connect and to bind', () => {
    fleet.write(
      'config/mesh.yaml',
      'mesh: test',
      'security: insecure',
      'machines:',
      '  main: { role: main, address: main.example, listen: 0.0.0.0 }',
      '  pc2: { role: secondary, address: "::1" }',
    );
    const { main, machines, meshName } = fleet.load();
    expect(meshName).to.equal('test');
    expect(main.endpoints.registry).to.equal('tcp://main.example:7401');
    expect(main.bindEndpoints.registry).to.equal('tcp://0.0.0.0:7401');
    expect(machines.get('main')).to.equal(main);
    expect(machines.get('pc2')?.endpoints).to.deep.equal({
      node: 'tcp://[::1]:7400',
      publish: 'tcp://[::1]:7403',
      subscribe: 'tcp://[::1]:7404',
      broker: 'tcp://[::1]:7405',
    });
  });

  it('has no warning on loopback, and one that names every exposed machine otherwise', () => {
    expect(fleet.load().warnings).to.deep.equal([]);
    fleet.write(
      'config/mesh.yaml',
      'mesh: test',
      'security: insecure',
      'machines:',
      '  main: { role: main, address: 10.0.0.1 }',
      '  pc2: { role: secondary, address: 10.0.0.2, listen: 0.0.0.0 }',
    );
    expect(fleet.load().warnings).to.deep.equal([
      'security: insecure: main on 10.0.0.1, pc2 on 0.0.0.0 without encryption; whoever reaches these ports can read and command the mesh',
    ]);
  });

  it('warns of a permission that nothing needs', () => {
    fleet.write('config/mesh.yaml', 'mesh: test', 'security: insecure', ...TWO_MACHINES);
    expect(fleet.load().warnings).to.deep.equal([
      'security: insecure is set, but no machine listens beyond loopback: remove it',
    ]);
  });

  it('starts agents in waves, each after what it waits for', () => {
    fleet.write(
      'config/machines/main.yaml',
      'agents:',
      '  top: { module: echo, after: [left, right] }',
      '  left: { module: echo, after: [ground] }',
      '  right: { module: echo }',
      '  ground: { module: echo }',
    );
    const { main } = fleet.load();
    expect(main.waves).to.deep.equal([['right', 'ground'], ['left'], ['top']]);
    expect(main.agents.map(({ name, wave }) => `${name} ${wave}`)).to.deep.equal([
      'right 0',
      'ground 0',
      'left 1',
      'top 2',
    ]);
  });

  it('hands each agent its part, with defaults and where it is declared', () => {
    fleet.write(
      'ports.json',
      '{ "main": { "node": 7400, "registry": 7401, "log": 7402, "publish": 7403, "subscribe": 7404, "broker": 7405,',
      '"agents": { "echo": 7410 } },',
      '"pc2": { "node": 7400, "publish": 7403, "subscribe": 7404, "broker": 7405 } }',
    );
    expect(fleet.load().main.agents).to.deep.equal([
      {
        name: 'echo',
        machine: 'main',
        instance: 'echo@main',
        program: { kind: 'module', module: './agents/own.js', path: `${fleet.home}/agents/own.js` },
        after: [],
        required: false,
        restart: {
          policy: 'always',
          firstMs: limits.restartFirstMs,
          maxMs: limits.restartMaxMs,
          stableMs: limits.restartStableMs,
          starts: limits.restartStarts,
          windowMs: limits.restartWindowMs,
        },
        ready: undefined,
        alive: undefined,
        hooks: {},
        hookTimeoutMs: limits.hookTimeoutMs,
        limits: {},
        cwd: fleet.home,
        user: undefined,
        nice: undefined,
        telemetry: true,
        inheritEnv: [],
        wave: 0,
        config: {},
        env: {},
        port: 7410,
        readyTimeoutMs: limits.readyTimeoutMs,
        stopGraceMs: limits.stopGraceMs,
        origin: { file: 'config/machines/main.yaml', line: 2, column: 3 },
      },
    ]);
    const watcher = fleet.load().machines.get('pc2')?.agents[0];
    expect(watcher?.program).to.include({ path: `${fleet.home}/built-in/watcher/agent.js` });
    expect(watcher?.port).to.equal(0);
  });

  it('replaces references in config and env', () => {
    fleet.write(
      'config/machines/main.yaml',
      'agents:',
      '  echo:',
      '    module: echo',
      '    config:',
      `      whole: \${port:main.registry}`,
      `      targets: [{ tcp: "\${address:pc2}:\${port:pc2.node}" }]`,
      `      plain: $\${port:main.registry} costs $5`,
      `    env: { REGISTRY: "\${port:main.registry}" }`,
    );
    const echo = fleet.load().main.agents[0];
    expect(echo?.config).to.deep.equal({
      whole: 7401,
      targets: [{ tcp: '127.0.0.2:7400' }],
      plain: `\${port:main.registry} costs $5`,
    });
    expect(echo?.env).to.deep.equal({ REGISTRY: '7401' });
  });

  it('lays an overlay over every file', () => {
    fleet.write(
      'config/machines/main.yaml',
      'agents:',
      '  echo:',
      '    module: echo',
      '    config: { keep: 1, change: [1, 2], drop: 3 }',
    );
    fleet.write(
      'config/environments/staging.yaml',
      'mesh:',
      '  mesh: staging',
      'machines:',
      '  main:',
      '    agents:',
      '      echo:',
      '        config: { change: [3], drop: null, add: { deep: null } }',
      '      extra: { module: ./agents/own.js, after: [echo] }',
    );
    const { meshName, environment, main } = fleet.load('staging');
    expect({ meshName, environment }).to.deep.equal({ meshName: 'staging', environment: 'staging' });
    expect(main.agents.map(({ name }) => name)).to.deep.equal(['echo', 'extra']);
    expect(main.agents[0]?.config).to.deep.equal({ keep: 1, change: [3], add: { deep: null } });
    expect(main.agents[1]?.origin).to.deep.equal({ file: 'config/environments/staging.yaml', line: 8, column: 7 });
    expect(fleet.load().meshName).to.equal('test');
  });

  it('lets an environment do without a machine that the other files speak of, or add one', () => {
    fleet.write('config/environments/alone.yaml', 'mesh: { machines: { pc2: null } }');
    expect([...fleet.load('alone').machines.keys()]).to.deep.equal(['main']);
    fleet.write(
      'config/environments/swap.yaml',
      'mesh:',
      '  machines:',
      '    pc2: null',
      '    main: { listen: 127.0.0.9 }',
      'machines:',
      '  main: { agents: { echo: null } }',
    );
    const { main } = fleet.load('swap');
    expect(main.bindEndpoints.node).to.equal('tcp://127.0.0.9:7400');
    expect(main.agents).to.deep.equal([]);
  });

  it('takes an overlay that holds nothing but comments', () => {
    fleet.write('config/environments/quiet.yaml', '# nothing differs here');
    expect(fleet.load('quiet').environment).to.equal('quiet');
  });
});

describe('the sample fleet', () => {
  const home = fileURLToPath(new URL('../../../', import.meta.url));
  let fleet: FleetFolder;
  beforeEach(() => {
    fleet = new FleetFolder();
    for (const name of ['host-monitor', 'http-probe', 'log-watcher']) fleet.write(`built-in/${name}/agent.js`, '');
  });
  afterEach(() => fleet.close());

  for (const env of [undefined, 'development', 'production']) {
    it(`loads without fault or warning in ${env ?? 'no'} environment`, () => {
      const { meshName, machines, warnings } = loadFleet({ home, env, builtinModules: fleet.builtinModules });
      const agents = [...machines.values()].map(({ name, waves }) => ({ name, waves }));
      expect({ meshName, warnings, agents }).to.deep.equal({
        meshName: 'sample',
        warnings: [],
        agents: [
          { name: 'main', waves: [['echo', 'host-monitor'], ['http-probe']] },
          { name: 'pc2', waves: [['echo', 'host-monitor', 'log-watcher']] },
        ],
      });
    });
  }
});
