/** `mesh logs` over two machines of real processes: in order, searched, followed across the death of a node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runMesh } from '../cli/mesh-process.js';
import { fixture, useFleet } from '../support/fleet/test-fleet.js';
import { waitUntil } from '../support/wait-for.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

interface Line {
  readonly machine: string;
  readonly agent: string;
  readonly ts: string | null;
  readonly line: string;
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('the logs of a fleet', () => {
  const fleet = useFleet({ main: { talker: fixture('talker') }, pc2: { talker: fixture('talker') } });
  const mesh = (...args: string[]) => runMesh([...args, '--mesh', fleet().main.home]);

  it('are shown as one, in the order in which the machines wrote', async () => {
    const { main, pc2 } = fleet();
    for (const [index, machine] of [main, pc2, main, pc2].entries()) {
      await machine.call(`talker@${machine.name}.say`, { text: `turn ${index}` });
    }
    const json = await mesh('logs', 'talker', '--grep', '"turn \\d"', '-o', 'jsonl');
    expect(json.code, json.stderr).to.equal(0);
    const lines = linesOf(json.stdout);
    expect(lines.map(({ machine, line }) => `${machine} ${JSON.parse(line).msg}`)).to.deep.equal([
      'main turn 0',
      'pc2 turn 1',
      'main turn 2',
      'pc2 turn 3',
    ]);
    for (const { ts, line } of lines) expect(ts).to.equal(JSON.parse(line).time);

    const text = await mesh('logs', 'talker@main', 'talker@pc2', '--grep', 'turn [23]');
    expect(text.stdout).to.match(/^talker@main \| \{.*turn 2.*\}\ntalker@pc2 {2}\| \{.*turn 3.*\}\n$/);
  });

  it('are those since a time', async () => {
    const { main } = fleet();
    await main.call('talker@main.say', { text: 'too early' });
    const { ts } = linesOf((await mesh('logs', 'talker@main', '-n', '1', '--json')).stdout)[0] ?? {};
    const since = new Date(Date.parse(ts ?? '') + 1).toISOString();
    await waitUntil('the clock to go on', () => new Date().toISOString() > since);
    await main.call('talker@main.say', { text: 'in time' });
    const { stdout } = await mesh('logs', 'talker@main', '--since', since);
    expect(stdout).to.contain('in time').and.not.contain('too early');
  });

  it('are of every agent, the brokers and the nodes', async () => {
    const { code, stdout } = await mesh('logs', '--all', '-n', '3', '--json');
    expect(code).to.equal(0);
    const origins = new Set(linesOf(stdout).map(({ agent, machine }) => `${agent}@${machine}`));
    expect([...origins]).to.include.members(['talker@main', 'talker@pc2', 'broker@main', 'broker@pc2']);
  });

  it('are those of the machines that answer, with exit code 7 and a word about the other', async () => {
    const { link } = fleet();
    link.cut();
    try {
      const { code, stdout, stderr } = await mesh('logs', 'talker', '-n', '1', '--json');
      expect(code).to.equal(7);
      expect(linesOf(stdout).map(({ machine }) => machine)).to.deep.equal(['main']);
      expect(stderr).to.match(/^warning: .*pc2/m);
    } finally {
      link.restore();
    }
  });

  it('lose and double no line when the node is killed, for those who follow and for those who read later', async () => {
    const { pc2 } = fleet();
    const count = 150;
    const follower = spawn(process.execPath, [
      MAIN,
      'logs',
      'talker@pc2',
      '-f',
      '-n',
      '0',
      '--json',
      '--mesh',
      fleet().main.home,
    ]);
    let heard = '';
    let said = '';
    follower.stdout.on('data', (chunk) => {
      heard += String(chunk);
    });
    follower.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    try {
      await pc2.call('talker@pc2.say', { text: 'before' });
      await waitUntil('the follower to follow', async () => {
        await pc2.call('talker@pc2.say', { text: 'again' });
        return heard.includes('again');
      });
      await pc2.call('talker@pc2.talk', { count, pauseMs: 10 });
      await waitUntil('the first lines', () => heard.includes('line 10"'));
      await pc2.killNode();
      await waitUntil('the follower to notice', () => said.includes('going on with talker@pc2 when it is back'));
      pc2.start();
      await waitUntil('the last line', () => heard.includes(`line ${count - 1}"`));
    } finally {
      // Closed, not only ended: all that it wrote has been read.
      const closed = once(follower, 'close');
      follower.kill('SIGINT');
      await closed;
    }
    const expected = Array.from({ length: count }, (_, index) => `line ${index}`);
    const numbered = (text: string) => linesOf(text).flatMap(({ line }) => (line.startsWith('line ') ? [line] : []));
    expect(numbered(heard)).to.deep.equal(expected);
    expect(numbered((await mesh('logs', 'talker@pc2', '--grep', '^line', '--json')).stdout)).to.deep.equal(expected);
  });
});
