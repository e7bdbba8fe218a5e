/** An agent as it is written: what is edited takes effect in the fleet that `mesh up --watch` holds. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runMesh } from '../cli/mesh-process.js';
import { SampleFleet } from '../cli/sample-fleet.js';
import { waitUntil } from '../support/wait-for.js';

const CLI_MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const SDK = new URL('../../agents/sdk/index.js', import.meta.url).href;
const SET = `agents:
  echo: { module: echo }
  greeter: { module: ./agents/greeter.js, config: { who: world } }
`;

const greeter = (greeting: string) => `import { defineAgent, Type } from '${SDK}';
import { mark } from './words/mark.js';
export default defineAgent({
  name: 'greeter',
  config: Type.Object({ who: Type.String() }),
  actions: { greet: { input: Type.Object({}), run: (_input, mesh) => '${greeting} ' + mesh.config.who + mark } },
});
`;

describe('mesh up --watch', function () {
  this.timeout(60_000);
  let fleet: SampleFleet;
  let up: ChildProcess;
  let ended: Promise<unknown>;
  let notes = '';
  const mesh = (...args: string[]) => runMesh(args, { cwd: fleet.home });
  const greets = async () => JSON.parse((await mesh('call', 'greeter.greet', '--json')).stdout);
  const pidOf = async (agent: string): Promise<number> => {
    const rows: { agent: string; pid: number }[] = JSON.parse((await mesh('ps', '--json')).stdout);
    return rows.find((row) => row.agent === agent)?.pid ?? 0;
  };
  /** Writes, and resolves when all of that was said. */
  const edit = async (file: string, text: string, ...says: string[]) => {
    const from = notes.length;
    fleet.write(file, text);
    await waitUntil(says.join(' and '), () => says.every((part) => notes.slice(from).includes(part)));
    return notes.slice(from);
  };

  before(async () => {
    fleet = await SampleFleet.create();
    mkdirSync(join(fleet.home, 'agents/words'), { recursive: true });
    fleet.write('agents/words/mark.js', `export const mark = '.';`);
    fleet.write('agents/greeter.js', greeter('hello'));
    fleet.write('config/machines/main.yaml', SET);
    up = spawn(process.execPath, [CLI_MAIN, 'up', 'main', '--watch'], {
      cwd: fleet.home,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    up.stderr?.on('data', (chunk) => {
      notes += String(chunk);
    });
    ended = once(up, 'exit');
    await waitUntil(
      'it to watch',
      () => notes.includes('watching config/, ports.json and the files of 1 agent'),
      30_000,
    );
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(notes);
  });
  after(async () => {
    up.kill('SIGINT');
    expect(await ended).to.deep.equal([0, null]);
    fleet.close();
  });

  it('restarts an agent whose file was edited, and nobody else', async () => {
    const echo = await pidOf('echo');
    expect(await greets()).to.equal('hello world.');
    await edit(
      'agents/greeter.js',
      greeter('good morning'),
      'agents/greeter.js changed: restarting greeter@main',
      'is ready',
    );
    expect(await greets()).to.equal('good morning world.');
    expect(await pidOf('echo')).to.equal(echo);
  });

  it('takes what is written together as one change, also beside the module', async () => {
    fleet.write('agents/greeter.js', greeter('bye'));
    const said = await edit('agents/words/mark.js', `export const mark = '!';`, 'greeter@main is ready');
    expect(said.match(/restarting greeter/g)).to.have.length(1);
    expect(await greets()).to.equal('bye world!');
  });

  it('says that a module does not start, with its last words, and goes on when it is mended', async () => {
    await edit('agents/greeter.js', 'this is no module', 'greeter@main failed', 'SyntaxError');
    await edit('agents/greeter.js', greeter('back'), 'greeter@main is ready');
    expect(await greets()).to.equal('back world!');
  });

  it('says a mistake in the configuration, and changes nothing', async () => {
    const before = [await pidOf('echo'), await pidOf('greeter')];
    const said = await edit(
      'config/machines/main.yaml',
      `${SET}  oops: [`,
      'changed, with a mistake; nothing was changed',
    );
    expect(said).to.match(/config\/machines\/main\.yaml:\d+/);
    await edit('config/machines/main.yaml', SET, 'nothing is different for the agents of main');
    expect([await pidOf('echo'), await pidOf('greeter')]).to.deep.equal(before);
  });

  it('reloads what was edited in the configuration, and watches what is new in it', async () => {
    const echo = await pidOf('echo');
    mkdirSync(join(fleet.home, 'more'));
    fleet.write('more/second.js', greeter('hi').replaceAll('greeter', 'second').replace('./words', '../agents/words'));
    const set = `${SET.replace('world', 'moon')}  second: { module: ./more/second.js, config: { who: sun } }\n`;
    await edit('config/machines/main.yaml', set, 'greeter@main restart done', 'second@main start done');
    expect(await greets()).to.equal('back moon!');
    expect(await pidOf('echo')).to.equal(echo);
    await edit('more/second.js', `${fleet.read('more/second.js')}\n`, 'more/second.js changed', 'second@main is ready');
  });

  it('leaves an agent that somebody stopped as it is', async () => {
    expect((await mesh('stop', 'second')).code).to.equal(0);
    await edit('more/second.js', `${fleet.read('more/second.js')}\n`, 'second@main is stopped, and stays so');
  });

  it('contradicts --detach', async () => {
    const { code, stderr } = await mesh('up', '--watch', '--detach');
    expect(code).to.equal(2);
    expect(stderr).to.contain('--detach contradicts it');
  });
});
