/** The guide of records: its examples are run as they stand in it, and its figures are those of the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { commandIndex } from '../../cli/command-index.js';
import { limits } from '../../common/core/limits.js';
import { PACKAGE_ROOT } from '../cli/mesh-process.js';
import { TestFleet } from '../support/fleet/test-fleet.js';
import { install, printed, programsOf } from './guide-programs.js';

const text = readFileSync(join(PACKAGE_ROOT, 'docs/records.md'), 'utf8');
const programs = programsOf(text);

describe('docs/records.md', function () {
  this.timeout(60_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.open({});
    install(programs, fleet.main.home);
    fleet.main.start();
    await fleet.main.ready();
  });
  after(() => fleet.close());

  it('has programs that consume', () =>
    expect(programs.map(({ name }) => name)).to.include.members(['replay.js', 'billing.js', 'share.js']));

  for (const program of programs.filter(({ output }) => output !== undefined)) {
    it(`shows what ${program.name} really prints`, async () => {
      expect(await printed(program, fleet)).to.equal(program.output);
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
