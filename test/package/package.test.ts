/** The packed product, as a user gets it: `npm pack`, installed into an empty folder, with nothing of this tree around it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('the packed product', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-package-'));
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'user', private: true, allowScripts: { 'better-sqlite3': true } }),
    );
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', `./${tarball}`], {
      cwd: folder,
      stdio: 'pipe',
    });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const mesh = (args: string[]) =>
    execFileSync(join(folder, 'node_modules/.bin/mesh'), args, { cwd: join(folder, 'fleet'), encoding: 'utf8' });

  it('brings a sample fleet that starts, answers and goes', async () => {
    execFileSync(join(folder, 'node_modules/.bin/mesh'), ['init', 'fleet'], { cwd: folder });
    mesh(['config', 'validate']);
    try {
      mesh(['up', '--all', '--detach']);
      const rows = JSON.parse(mesh(['ps', '--json'])) as { instance: string; state: string }[];
      expect(rows.map(({ instance, state }) => `${instance} ${state}`)).to.have.members([
        'echo@main ready',
        'host-monitor@main ready',
        'http-probe@main ready',
        'echo@pc2 ready',
        'host-monitor@pc2 ready',
        'log-watcher@pc2 ready',
      ]);
      expect(JSON.parse(mesh(['call', 'echo@pc2.say', '{"text":"hi"}', '--json']))).to.deep.equal({ text: 'hi' });
    } finally {
      mesh(['down', '--all', '-y']);
    }
  });
});
