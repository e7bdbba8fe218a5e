/** The process of an agent, with a node that answers when the test says so. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { useTempFolder } from '../support/temp-folder.js';
import { waitUntil } from '../support/wait-for.js';
import { WireWorld } from '../wire/wire-world.js';

const RUN = fileURLToPath(new URL('../../agents/sdk/run.cjs', import.meta.url));
const DIARIST = fileURLToPath(new URL('../fixtures/agents/diarist.js', import.meta.url));

describe('the process of an agent', () => {
  const folder = useTempFolder();
  let world: WireWorld;
  let child: ChildProcess | undefined;
  const asked: string[] = [];
  let release: () => void;

  beforeEach(() => {
    world = new WireWorld();
    asked.length = 0;
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    release();
    await world.close();
  });

  /** Its node answers every question but `withheld`. */
  async function start(withheld: string): Promise<void> {
    const withholding = new Promise<void>((resolve) => {
      release = resolve;
    });
    const node = await world.server(({ method }) => {
      asked.push(method);
      if (method === withheld) return withholding;
      const welcome = {
        mesh: 'test',
        machine: 'main',
        role: 'main',
        epoch: 1,
        protocol: 1,
        registry: '',
        log: '',
        brokers: [],
      };
      return method === 'node.attach' ? { ...welcome, config: {} } : {};
    });
    child = spawn(process.execPath, [RUN, DIARIST], {
      env: {
        MESH_NODE: node.endpoint,
        MESH_AGENT: 'diarist',
        MESH_MACHINE: 'main',
        MESH_EPOCH: '1',
        MESH_LISTEN: 'tcp://127.0.0.1:0',
        MESH_ADDRESS: '127.0.0.1',
        MESH_HOME: folder.path,
        MESH_LAST_WORDS: join(folder.path, 'last-words'),
      },
      stdio: 'ignore',
    });
    await waitUntil(`it to ask for ${withheld}`, () => asked.includes(withheld));
  }

  async function terminate(): Promise<unknown[]> {
    if (child === undefined) throw new Error('it was not started');
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    return ended;
  }

  const diary = () => readFileSync(join(folder.path, 'diary'), 'utf8').trim().split('\n');

  it('that is asked to end before it knows that it is ready ends well, with all that its author wrote for the end', async () => {
    await start('node.ready');
    expect(await terminate()).to.deep.equal([0, null]);
    expect(diary()).to.deep.equal(['start', 'drain', 'stop']);
  });

  it('that is asked to end before its node let it in ends well', async () => {
    await start('node.attach');
    expect(await terminate()).to.deep.equal([0, null]);
  });
});
