/** What `mesh service` writes, judged by systemd itself where it is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { unitText } from '../../../cli/service/systemd-unit.js';
import { expectError } from '../../support/expect-error.js';
import { errorOf, runMesh } from '../mesh-process.js';
import { useSampleFleet } from '../sample-fleet.js';

describe('mesh service', () => {
  const fleet = useSampleFleet();

  const mesh = (...args: string[]) => runMesh(args, { cwd: fleet().home });

  it('prints a unit for each machine of this box, and writes nothing', async () => {
    const { code, stdout } = await mesh('service', 'install', '--systemd', '--dry-run', '--dir', 'units');
    expect(code).to.equal(0);
    for (const unit of ['mesh-sample-main.service', 'mesh-sample-pc2.service']) {
      expect(stdout).to.contain(`# ${join(fleet().home, 'units', unit)}`);
    }
    for (const line of [
      `Environment="MESH_HOME=${fleet().home}"`,
      'Environment="MESH_MACHINE=pc2"',
      `User=${userInfo().username}`,
      'KillMode=process',
      'Restart=on-failure',
      'RestartPreventExitStatus=2 3 5',
      'WantedBy=multi-user.target',
    ]) {
      expect(stdout.split('\n')).to.include(line);
    }
    expect(stdout).to.match(/^ExecStart=".*node" "--.*" ".*node\/main\.js"$/m);
    expect(stdout).to.match(/^ExecStop=".*node" ".*cli\/main\.js" "down" "main"$/m);
    // Two waves of 5 s, the node's own time, and a margin.
    expect(stdout).to.match(/^TimeoutStopSec=32$/m);
    expect(existsSync(join(fleet().home, 'units'))).to.equal(false);
  });

  it('writes them, knows whether they are what they should be, and removes them', async () => {
    const states = async () => {
      const rows: { state: string }[] = JSON.parse((await mesh('service', 'show', '--dir', 'units', '--json')).stdout);
      return rows.map(({ state }) => state);
    };
    expect(await states()).to.deep.equal(['missing', 'missing']);
    const { code, stderr } = await mesh('service', 'install', 'main', '--dir', 'units');
    expect(code).to.equal(0);
    expect(stderr).to.contain('systemctl enable --now mesh-sample-main.service');
    expect(await states()).to.deep.equal(['current', 'missing']);
    fleet().write('config/machines/main.yaml', `${fleet().read('config/machines/main.yaml')}    stopGraceMs: 60000\n`);
    expect(await states()).to.deep.equal(['outdated', 'missing']);
    expect(await mesh('service', 'uninstall', '--dir', 'units', '--dry-run')).to.include({ code: 0 });
    expect(readdirSync(join(fleet().home, 'units'))).to.deep.equal(['mesh-sample-main.service']);
    expect((await mesh('service', 'uninstall', '--dir', 'units')).stdout).to.contain('mesh-sample-main.service');
    expect(readdirSync(join(fleet().home, 'units'))).to.deep.equal([]);
    expect((await mesh('service', 'uninstall', '--dir', 'units')).stderr).to.contain('no unit of these machines');
  });

  it('says what to do where it may not write', async () => {
    fleet().write('occupied', 'a file where a folder should be');
    const run = await mesh('service', 'install', '--dir', 'occupied/units', '--json');
    expect(run.code).to.equal(1);
    expect(errorOf(run)).to.include({ code: 'START_FAILED' });
    expect(errorOf(run).hint).to.contain('--dir');
  });

  it('writes units that systemd accepts, whatever the folder is called', async function () {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) {
      console.log('      skipped: systemd-analyze is not here to judge');
      this.skip();
    }
    const strange = join(fleet().home, 'a "strange" $HOME 100%');
    mkdirSync(strange);
    for (const part of ['config', 'ports.json']) {
      spawnSync('cp', ['-r', join(fleet().home, part), strange]);
    }
    const { code } = await runMesh(['service', 'install', '--dir', 'units'], { cwd: strange });
    expect(code).to.equal(0);
    const units = readdirSync(join(strange, 'units')).map((name) => join(strange, 'units', name));
    expect(units).to.have.length(2);
    // A systemd that is older than this one key passes over it; then the kernel keeps no limits, and `mesh status` says so.
    const isNewer = (line: string) => line.includes("Unknown key 'DelegateSubgroup'");
    const verdict = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
    const ours = verdict.stderr.split('\n').filter((line) => line.includes('mesh-sample') && !isNewer(line));
    expect(ours).to.deep.equal([]);
    expect(verdict.status).to.equal(0);
    rmSync(strange, { recursive: true });
  });

  it('refuses a path that no unit can hold', () => {
    const spec = {
      meshName: 'sample',
      machine: 'main',
      home: '/a\nUser=root',
      environment: undefined,
      user: 'nobody',
      path: '/bin',
      nodeExecutable: '/bin/node',
      nodeFlags: [],
      nodeMain: '/m.js',
      cliMain: '/c.js',
      stopBoundMs: 0,
    };
    expectError('CONFIG_INVALID', () => unitText(spec));
    expect(unitText({ ...spec, home: '/a' })).to.contain('WorkingDirectory=/a\n');
  });
});
