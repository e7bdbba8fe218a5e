/** The guide of calls and events: its examples are run as they stand in it, and its figures are those of the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { healthOf } from '../../common/core/health-score.js';
import { limits } from '../../common/core/limits.js';
import { PACKAGE_ROOT } from '../cli/mesh-process.js';
import { TestFleet } from '../support/fleet/test-fleet.js';
import { waitUntil } from '../support/wait-for.js';
import { install, printed, programsOf } from './guide-programs.js';

const text = readFileSync(join(PACKAGE_ROOT, 'docs/calls-and-events.md'), 'utf8');
const programs = programsOf(text);

describe('docs/calls-and-events.md', function () {
  this.timeout(60_000);
  let fleet: TestFleet;

  before(async () => {
    fleet = await TestFleet.open({ main: { kitchen: { module: './agents/kitchen.js' } } });
    install(programs, fleet.main.home);
    fleet.main.start();
    await waitUntil('the kitchen to be ready', async () => (await fleet.main.process('kitchen')).state === 'ready');
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
  });
  after(() => fleet.close());

  it('has an agent and programs', () =>
    expect(programs.map(({ name }) => name)).to.deep.equal([
      'agents/kitchen.js',
      'calls.js',
      'keys.js',
      'pressure.js',
      'streams.js',
      'events.js',
    ]));

  for (const program of programs.filter(({ output }) => output !== undefined)) {
    it(`shows what ${program.name} really prints`, async () => {
      expect(await printed(program, fleet)).to.equal(program.output);
    });
  }

  it('tells what the health of an instance costs as it is', () => {
    const rows = [
      ['lag of the event loop', 'loopLagMs', '50 ms', 50, 40, '1 s', 1_000],
      ['share of its calls that fail', 'failureShare', '5 %', 0.05, 40, '50 %', 0.5],
      ['age of the oldest call that waits', 'queueAgeMs', '100 ms', 100, 40, '5 s', 5_000],
      ['share of its memory limit that it uses', 'memoryShare', '80 %', 0.8, 30, '100 %', 1],
      ['share of its open files limit that it uses', 'openFilesShare', '80 %', 0.8, 30, '100 %', 1],
    ] as const;
    for (const [what, sign, fineText, fine, most, worstText, worst] of rows) {
      expect(text).to.include(`| ${what} | ${fineText} | ${most} | ${worstText} |`);
      expect(healthOf({ [sign]: fine }).score, what).to.equal(100);
      expect(healthOf({ [sign]: worst }).score, what).to.equal(100 - most);
    }
  });

  it('tells the bounds as they are', () => {
    expect(text)
      .to.include(`| \`timeoutMs\` | ${limits.requestTimeoutMs},`)
      .and.include(`| \`retries\` | ${limits.callRetries} |`)
      .and.include(`when \`queueMax\` (${limits.subscriptionQueueDefault}) wait`)
      .and.include(`at most ${limits.streamWindow} items and a mebibyte`)
      .and.include(`up to ${limits.streamItemsCollected.toLocaleString('en-US')} items`)
      .and.include(`at most ${limits.keptValueBytesMax / 1_024} KiB`);
    expect(limits).to.include({
      streamBytesMax: 1_048_576,
      idempotencyWindowMs: 300_000,
      idempotencyKeysMax: 10_000,
      idempotencyBytesMax: 32 * 1_048_576,
      breakerFailures: 5,
      localityWeight: 3,
      retryBudgetPercent: 10,
      retryBudgetPerSecond: 10,
      actionPriorityStepMs: 1_000,
    });
  });
});
