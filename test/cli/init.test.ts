import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf, PACKAGE_ROOT, runMesh } from './mesh-process.js';

describe('mesh init', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-init-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes the sample fleet of the package into an empty folder, where it is valid', async () => {
    const { code, stdout, stderr } = await runMesh(['init'], { cwd: folder });
    expect(code).to.equal(0);
    expect(stdout).to.contain(`wrote ${join(folder, 'config')}`);
    expect(stderr).to.equal('next: mesh up --all\n');
    expect(readdirSync(folder).sort()).to.deep.equal(['config', 'ports.json']);
    expect(readFileSync(join(folder, 'ports.json'))).to.deep.equal(readFileSync(join(PACKAGE_ROOT, 'ports.json')));
    expect(existsSync(join(folder, 'config', 'fleets')), 'the example fleets').to.equal(false);
    expect(await runMesh(['config', 'validate'], { cwd: folder })).to.include({ code: 0 });
  });

  it('makes the folder that it is given, and says how to go on', async () => {
    const { code, stderr } = await runMesh(['init', 'fleet'], { cwd: folder });
    expect(code).to.equal(0);
    expect(stderr).to.equal('next: cd fleet && mesh up --all\n');
    expect(existsSync(join(folder, 'fleet', 'config', 'mesh.yaml'))).to.equal(true);
  });

  it('leaves a folder of other files as it is, but for what it adds', async () => {
    writeFileSync(join(folder, 'package.json'), '{}');
    expect(await runMesh(['init', '--json'], { cwd: folder })).to.include({ code: 0 });
    expect(readdirSync(folder).sort()).to.deep.equal(['config', 'package.json', 'ports.json']);
  });

  it('overwrites nothing', async () => {
    writeFileSync(join(folder, 'ports.json'), 'mine');
    const run = await runMesh(['init', '--json'], { cwd: folder });
    expect(run.code).to.equal(6);
    expect(errorOf(run)).to.include({ code: 'CONFLICT' });
    expect(readdirSync(folder)).to.deep.equal(['ports.json']);
    expect(readFileSync(join(folder, 'ports.json'), 'utf8')).to.equal('mine');
  });

  it('writes nothing in a dry run', async () => {
    const { code, stdout } = await runMesh(['init', '--dry-run'], { cwd: folder });
    expect(code).to.equal(0);
    expect(stdout).to.contain('would write');
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
