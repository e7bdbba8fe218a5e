/** The guide of errors: its programs and commands are run as they stand in it, and its figures are those of the code. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { commandIndex } from '../../cli/command-index.js';
import { limits } from '../../common/core/limits.js';
import { overflowGroup, unreadableGroup } from '../../common/journal/errors/error-group.js';
import { PACKAGE_ROOT } from '../cli/mesh-process.js';
import { mainPorts, TestFleet } from '../support/fleet/test-fleet.js';
import { waitUntil } from '../support/wait-for.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const text = readFileSync(join(PACKAGE_ROOT, 'docs/error-handling.md'), 'utf8');
const run = promisify(execFile);

interface Group {
  readonly code: string;
  readonly count: number;
  readonly component: string;
  readonly severity: string;
  readonly status: string;
  readonly lastRelease: string;
}

/** In the order in which they stand, each with the block of output behind it. */
const blocks = [
  ...text.matchAll(
    /```(js|sh|yaml)\n(?:(?:\/\/|#) (\S+\.(?:js|yaml))\n)?([\s\S]*?)```(?:\n\n```text\n([\s\S]*?)```)?/g,
  ),
].map(([, kind = '', name = '', code = '', output]) => ({ kind, name, code, output }));
const block = (part: string) => {
  const found = blocks.find(({ name, code }) => name === part || code.includes(part));
  if (found === undefined) throw new Error(`docs/error-handling.md has no ${part}`);
  return found;
};

describe('docs/error-handling.md', function () {
  this.timeout(60_000);
  let fleet: TestFleet;
  let env: Record<string, string> = {};

  before(async () => {
    fleet = await TestFleet.open({ main: { 'scraper-1': { command: ['sleep', '600'] } } });
    const { home } = fleet.main;
    mkdirSync(join(home, 'node_modules'));
    symlinkSync(PACKAGE_ROOT, join(home, 'node_modules/agent-mesh'));
    writeFileSync(join(home, 'package.json'), '{"type": "module"}');
    mkdirSync(join(home, 'bin'));
    writeFileSync(join(home, 'bin/mesh'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    chmodSync(join(home, 'bin/mesh'), 0o755);
    env = {
      PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`,
      HOME: home,
      MESH_NODE: `tcp://${fleet.places.main.own}:${mainPorts.node}`,
    };
    fleet.main.start();
    await fleet.main.ready();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
  });
  after(() => fleet.close());

  const shell = async (line: string) => (await run('bash', ['-c', line], { cwd: fleet.main.home, env })).stdout;
  const groups = async (): Promise<Group[]> => JSON.parse(await shell('mesh error ls -a --agent till --json'));
  const only = async () => (await groups())[0];

  it('reports as it says', async () => {
    const { name, code, output } = block('till.js');
    writeFileSync(join(fleet.main.home, name), code);
    const { stdout } = await run(process.execPath, [join(fleet.main.home, name)], { env });
    expect(stdout).to.equal(output);
    await waitUntil('main to have both', async () => (await only())?.count === 2);
    expect(await only()).to.include({ code: 'DECLINED', component: 'cards', status: 'open', lastRelease: '1.4.2' });
  });

  it('explains as it says', async () => {
    const { code, output } = block('mesh error explain $');
    expect(await shell(code)).to.equal(output);
  });

  for (const [words, status] of [
    ['mesh error resolve $', 'resolved'],
    ['mesh error mute $', 'muted'],
  ] as const)
    it(`decides as it says: ${status}`, async () => {
      const { code, output } = block(words);
      expect(await shell(code)).to.equal(output);
      expect(await only()).to.include({ status });
      expect(JSON.parse(await shell('mesh error ls --agent till --json')), 'it needs nobody').to.deep.equal([]);
    });

  it('tells who decided what, and why', async () => {
    const [tail = '', reopen = ''] = block('mesh stream tail').code.trim().split('\n');
    const told = (await shell(tail)).trim().split('\n');
    expect(told).to.have.length(2);
    expect(told[0]).to.include('"to":"resolved"').and.include('"why":"deployed 1.4.3"');
    await shell(reopen);
    expect(await only()).to.include({ status: 'open', statusBy: 'ann@desk' });
  });

  it('shows where it happens and refuses a mute without an end', async () => {
    const shown = await shell('mesh error show $(mesh error ls -n 1 -o name)');
    expect(shown)
      .to.match(/2 {2}till@main, last /)
      .and.include('releases     1.4.2');
    const refused = await run('bash', ['-c', 'mesh error mute abcd'], { cwd: fleet.main.home, env }).catch(
      (error) => error,
    );
    expect(refused).to.include({ code: 2 });
    expect(String(refused.stderr)).to.include('a mute needs an end').and.include('--for 2h');
  });

  it('takes the rules of a fleet over with a reload, for what was reported before too', async () => {
    const { name, code } = block('config/errors.yaml');
    writeFileSync(
      join(fleet.main.home, name),
      `${code}- { match: { component: cards }, component: payment, severity: warning }\n`,
    );
    await shell('mesh reload main');
    await waitUntil('the broker to have the rules', async () => (await only())?.component === 'payment');
    expect(await only()).to.include({ count: 2, severity: 'warning' });
    expect(JSON.parse(await shell('mesh error ls --severity error --agent till --json'))).to.deep.equal([]);
  });

  it('runs an alerter for the rules that it shows, which tells as it says', async () => {
    const { name, code } = block('config/alerts.yaml');
    writeFileSync(join(fleet.main.home, name), code);
    await shell('mesh reload main');
    await fleet.main.ready();
    const [ls = '', ...tests] = block('mesh alert ls').code.trim().split('\n');
    const rules: { rule: string; state: string }[] = JSON.parse(await shell(`${ls} --json`));
    expect(rules.map(({ rule, state }) => `${rule} ${state}`)).to.deep.equal([
      ...['new-errors quiet', 'bursts quiet', 'away quiet'],
    ]);
    for (const line of tests) await shell(line);
    expect(await shell(block('mesh logs alerter').code)).to.include('new-errors, a test: nothing is wrong');
    const shown: object = JSON.parse(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? '');
    const { notice } = JSON.parse(await shell('mesh alert test log --dry-run --json'));
    expect(Object.keys(shown)).to.have.members(Object.keys(notice));
  });

  it('names commands that there are', () => {
    const named = [...text.matchAll(/\| `mesh ((?:[a-z]+ ?)+)/g)].map(([, words = '']) => words.trim());
    expect(named).to.have.length(7);
    for (const words of named) expect(commandIndex.map(({ path }) => path)).to.include(words);
  });

  it('tells the bounds as they are', () =>
    expect(text)
      .to.include(`up to ${limits.errorFramesMax} frames`)
      .and.include(`(up to ${limits.errorSourcesMax};`)
      .and.include(`exact up to ${limits.errorTracesMax.toLocaleString('en-US')} calls`)
      .and.include(`room for ${limits.errorGroupsMax.toLocaleString('en-US')} groups`)
      .and.include(`at most ${limits.alertBurst} things at once and one more each ${limits.alertRefillMs / 1_000} s`)
      .and.include(`tried ${limits.alertAttemptsMax} times`)
      .and.include(`after ${limits.alertStoreMs / 1_000} s it`)
      .and.include(`\`${overflowGroup.fingerprint}\``)
      .and.include(`\`${unreadableGroup.fingerprint}\``));
});
