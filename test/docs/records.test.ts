/** The guide of records: its examples are run as they stand in it, and its figures are those of the code. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { commandIndex } from '../../cli/command-index.js';
import { limits } from '../../common/core/limits.js';
import { PACKAGE_ROOT } from '../cli/mesh-process.js';
import { mainPorts, TestFleet } from '../support/test-fleet.js';

const text = readFileSync(join(PACKAGE_ROOT, 'docs/records.md'), 'utf8');
const run = promisify(execFile);

/** Programs that begin with the name of their file, and what stands in the block of output behind each. */
const files = [...text.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)].map(
  ([, name = '', code = '', output = '']) => ({ name, code, output }),
);

describe('docs/records.md', function () {
  this.timeout(60_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.open({});
    const { home } = fleet.main;
    mkdirSync(join(home, 'node_modules'));
    symlinkSync(PACKAGE_ROOT, join(home, 'node_modules/agent-mesh'));
    writeFileSync(join(home, 'package.json'), '{"type": "module"}');
    for (const { name, code } of files) {
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(join(home, name), code);
    }
    fleet.main.start();
    await fleet.main.ready();
  });
  after(() => fleet.close());

  it('has programs that consume', () =>
    expect(files.map(({ name }) => name)).to.include.members(['replay.js', 'billing.js', 'share.js']));

  for (const { name, output } of files) {
    it(`shows what ${name} really prints`, async () => {
      const env = { PATH: process.env['PATH'], MESH_NODE: `tcp://${fleet.places.main.own}:${mainPorts.node}` };
      const { stdout } = await run(process.execPath, [join(fleet.main.home, name)], { env });
      expect(stdout).to.equal(output);
    });
  }

  it('names commands that there are', () => {
    const named = [...text.matchAll(/\| `mesh ((?:[a-z]+ ?)+)/g)].map(([, words = '']) => words.trim());
    expect(named).to.not.have.length(0);
    for (const words of named) expect(commandIndex.map(({ path }) => path)).to.include(words);
  });

  it('tells the bounds of consumers as they are', () => {
    expect(text)
      .to.include(`| \`inFlightMax\` | 1, in a group ${limits.consumerInFlight} |`)
      .and.include(`up to ${limits.consumerInFlightMax.toLocaleString('en-US')} |`)
      .and.include(`| \`ackWaitMs\` | ${limits.groupAckWaitMs / 1_000} s |`)
      .and.include(`| \`deliveriesMax\` | ${limits.groupDeliveries} |`)
      .and.include(`A group holds up to ${limits.groupDeadMax.toLocaleString('en-US')} of them`)
      .and.include(`no further than ${limits.groupWindowMax.toLocaleString('en-US')}\nrecords`)
      .and.include(`A member that says nothing for ${limits.groupLeaseMs / 1_000} s`);
    expect(limits).to.include({ groupBackoffFirstMs: 1_000, groupBackoffMaxMs: 60_000 });
  });
});
