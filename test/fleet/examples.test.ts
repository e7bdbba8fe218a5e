/** Every example of the help and every command of the README, run as a person would: in bash, in the fleet's folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { MeshClient } from '../../agents/sdk/index.js';
import type { Example } from '../../cli/command/command.js';
import { commandIndex } from '../../cli/command-index.js';
import { PACKAGE_ROOT } from '../cli/mesh-process.js';
import { SampleFleet } from '../cli/sample-fleet.js';
import { waitUntil } from '../support/wait-for.js';

interface Run {
  readonly code: number | null;
  readonly output: string;
}

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
/** They change what others look at: one after the other, in this order, each with what the one before left. */
const CHANGING = [
  'stream dead replay',
  'stream dead drop',
  'stream group rm',
  'reload',
  'restart',
  'stop',
  'start',
  'down',
];
/** As many at a time as keep two cores busy. */
const AT_A_TIME = 3;

/** A consumer group that cannot do its work, and one that nobody needs any more. */
async function leaveGroups({ ports }: SampleFleet): Promise<void> {
  const mesh = await MeshClient.connect({ node: `tcp://127.0.0.1:${ports.main['node']}`, name: 'examples' });
  const refuse = () => {
    throw new Error('no such customer');
  };
  const billing = mesh.consume('orders', refuse, { group: 'billing', from: 'start', deliveriesMax: 1 });
  const old = mesh.consume('imports', () => undefined, { group: 'old-import' });
  await mesh.emitBatch([1, 2, 3].map((amount) => ({ stream: 'orders', body: { amount } })));
  await waitUntil('orders that cannot be billed', () => billing.figures.dead === 3);
  await old.ready;
  await mesh.close();
}

/** What the sample file holds as an example, in effect: all behind its first empty line of comment. */
function useAlerts(fleet: SampleFleet): void {
  const example = fleet.read('config/alerts.yaml').split('#\n').slice(1).join('\n');
  fleet.write('config/alerts.yaml', example.replaceAll(/^# ?/gm, ''));
}

describe('every example', function () {
  this.timeout(600_000);
  const examples: { path: string; example: Example; endsItself: boolean }[] = [];
  const runs = new Map<string, Run>();
  let fleet: SampleFleet;
  let bin = '';

  /** Runs one line; one that follows is interrupted when it has said what it has to say first. */
  function run(line: string, until?: (output: string) => boolean, cwd = fleet.home): Promise<Run> {
    return new Promise((resolve, reject) => {
      const { PATH = '', HOME = '' } = process.env;
      const child: ChildProcess = spawn('bash', ['-c', until === undefined ? line : `exec ${line}`], {
        cwd,
        env: { PATH: `${bin}:${PATH}`, HOME },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      let isInterrupted = false;
      const hear = (chunk: Buffer) => {
        output += String(chunk);
        // Once: a second one says that somebody cannot wait.
        if (!isInterrupted && until?.(output) === true) isInterrupted = child.kill('SIGINT');
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, output }));
    });
  }

  async function runAll(chosen: readonly Example[]): Promise<void> {
    const waiting = [...chosen];
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        runs.set(next.line, await run(next.line, next.follows === true ? (output) => output !== '' : undefined));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  }

  before(async () => {
    fleet = await SampleFleet.create();
    useAlerts(fleet);
    bin = mkdtempSync(join(tmpdir(), 'mesh-bin-'));
    for (const name of ['mesh', 'npx']) {
      const skip = name === 'npx' ? 'shift; ' : '';
      writeFileSync(join(bin, name), `#!/bin/sh\n${skip}exec "${process.execPath}" "${MAIN}" "$@"\n`);
      chmodSync(join(bin, name), 0o755);
    }
    for (const { path, load } of commandIndex) {
      const { examples: lines, endsItself = false } = (await load()).command;
      for (const example of lines) examples.push({ path, example, endsItself });
    }
    const of = (needs: string, ...not: string[]) =>
      examples
        .filter(({ path, example }) => (example.needs ?? 'running') === needs && !not.includes(path))
        .map(({ example }) => example);

    await runAll([...of('folder', 'up'), ...of('nothing')]);
    runs.set('mesh up --all --dry-run', await run('mesh up --all --dry-run'));
    for (const example of of('empty')) {
      const empty = mkdtempSync(join(tmpdir(), 'mesh-empty-'));
      runs.set(example.line, await run(example.line, undefined, empty));
      rmSync(empty, { recursive: true });
    }
    runs.set('mesh up pc2 --detach', await run('mesh up pc2 --detach'));
    await run('mesh up main --detach');
    // Something to show for those who ask for errors.
    await run(`mesh stream emit errors '{"code":"DEMO","message":"an example","severity":"error","component":"demo"}'`);
    await run(
      `mesh stream emit errors '{"code":"DEMO","message":"an example","severity":"error","component":"demo"}' --machine pc2`,
    );
    await leaveGroups(fleet);
    await runAll([...of('running', ...CHANGING), ...readmeExamples()]);
    for (const command of CHANGING) {
      for (const { example } of examples.filter((one) => one.path === command))
        runs.set(example.line, await run(example.line));
    }
    for (const { line } of of('stopped')) runs.set(line, await run(line));
    runs.set(
      'mesh up main --watch',
      await run('mesh up main --watch', (output) => output.includes('watching config/')),
    );
    runs.set(
      'mesh up --all',
      await run('mesh up --all', (output) => output.includes('pc2: 3 of 3') && output.includes('main: 4 of 4')),
    );
  });

  after(async () => {
    await run('mesh down');
    fleet.close();
    rmSync(bin, { recursive: true });
  });

  /** The lines of the README that call `mesh`; `error tail` and its like are interrupted. */
  function readmeExamples(): Example[] {
    const blocks = readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g);
    return [...blocks]
      .flatMap(([, block = '']) => block.split('\n'))
      .map((line) => line.replace(/ +#.*$/, ''))
      .filter((line) => line.startsWith('npx mesh'))
      .map((line) => ({ line, explains: 'README', ...(line.endsWith(' tail') ? { follows: true } : {}) }));
  }

  it('of the help does what it says', () => {
    expect(examples.length).to.be.greaterThan(40);
    const failed = examples.flatMap(({ endsItself, example: { line, follows = false } }) => {
      const { code, output } = runs.get(line) ?? { code: null, output: 'it was not run' };
      // `up` and `top` are ended by Ctrl-C, and have then done their work; what else follows was cut short by it.
      const expected = follows && !endsItself ? 130 : 0;
      return code === expected ? [] : [`${line} → ${code}, not ${expected}: ${output.slice(0, 300)}`];
    });
    expect(failed).to.deep.equal([]);
  });

  it('of the README does what it says', () => {
    const lines = readmeExamples();
    expect(lines.length).to.be.greaterThan(3);
    const failed = lines.flatMap(({ line, follows }) => {
      const { code, output } = runs.get(line) ?? { code: null, output: 'it was not run' };
      return code === (follows === true ? 130 : 0) ? [] : [`${line} → ${code}: ${output.slice(0, 300)}`];
    });
    expect(failed).to.deep.equal([]);
  });
});
