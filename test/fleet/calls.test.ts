/**
 * Calls among real processes when something is wrong with one of them: an instance that stands still, a caller that gives
 * up, time that runs out on the way, a reader that is slow.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { MeshClient } from '../../agents/sdk/index.js';
import { toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { expectRejection } from '../support/expect-error.js';
import { fixture, TestFleet } from '../support/fleet/test-fleet.js';
import { rssOf } from '../support/processes/process-census.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

interface Report {
  readonly steps: number;
  readonly isOver: boolean;
  readonly remainingMs: number;
}

const NAMES = ['pool-1', 'pool-2', 'pool-3'] as const;
const MIB = 1_048_576;
/** Long enough that none is signed before all are begun, on a busy box too. */
const SIGN_MS = 2_000;
/** In a tenth of that on a box that does nothing else; nobody waits for the time of the call. */
const TOLD_MS = 2_000;
/** What a busy box may make of a quick call: half of what one takes that meets the one that stands still. */
const RECOVERED_MS = 100;
/** An attempt that is not answered in that time is given up, and repeated elsewhere: the action allows it. */
const ATTEMPT_MS = 200;
const POLICIES = [
  { match: { action: 'quick' }, attemptTimeoutMs: ATTEMPT_MS, breaker: { consecutiveFailures: 3, openMs: 300 } },
];

describe('calls among processes', function () {
  this.timeout(60_000);
  let fleet: TestFleet;
  let mesh: MeshClient;

  before(async () => {
    fleet = await TestFleet.open({ main: Object.fromEntries(NAMES.map((name) => [name, fixture('pool')])) });
    writeFileSync(join(fleet.main.home, 'config/policies.yaml'), JSON.stringify(POLICIES));
    fleet.main.start();
    for (const name of NAMES) {
      await waitUntil(`${name} to be ready`, async () => (await fleet.main.process(name)).state === 'ready');
    }
    mesh = await fleet.main.mesh();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
  });
  after(() => fleet.close());

  const report = async (agent: string, name: string) => (await mesh.call(`${agent}.report`, { name })) as Report;
  const isOver = (agent: string, name: string) =>
    waitUntil(`${name} at ${agent} to be over`, async () => (await report(agent, name)).isOver);

  describe('when one of three instances stands still', () => {
    const attemptsAt = (instance: string) =>
      mesh.callsUnderPolicy({}).calls.flatMap(({ attempts }) => attempts.filter((one) => one.instance === instance));

    const WINDOW = 400;
    const CALLERS = 4;
    const failures: string[] = [];
    const latencies: number[] = [];
    const kept: ReturnType<typeof attemptsAt> = [];
    let isCalling = true;
    let callers: Promise<void>[] = [];

    async function callOnAndOn(): Promise<void> {
      while (isCalling) {
        const startedMs = performance.now();
        await mesh
          .call({ capability: 'pool', action: 'quick' }, {}, { timeoutMs: 5_000, retries: 5 })
          .catch((error: unknown) => failures.push(String(error)));
        const tookMs = performance.now() - startedMs;
        latencies.push(tookMs);
        // The trail is short: who was kept waiting looks at once for why.
        if (tookMs >= ATTEMPT_MS) kept.push(...attemptsAt('pool-2@main'));
      }
    }

    /** Of the next calls. */
    async function p99OfWindow(): Promise<number> {
      const from = latencies.length;
      await waitUntil('a window of calls', () => latencies.length >= from + WINDOW);
      const window = latencies.slice(from, from + WINDOW).sort((a, b) => a - b);
      return window[Math.floor(WINDOW * 0.99)] ?? 0;
    }

    before(() => {
      callers = Array.from({ length: CALLERS }, callOnAndOn);
    });
    after(async () => {
      isCalling = false;
      await Promise.all(callers);
    });

    it('the others answer as quickly as before, its breaker opens, lets one call try, and closes when it goes on', async () => {
      const usualMs = await p99OfWindow();
      const { pid } = await fleet.main.process('pool-2');
      process.kill(pid, 'SIGSTOP');
      try {
        await waitUntil('its breaker to open', async () => {
          const refusal = await mesh.call('pool-2.quick', {}, { timeoutMs: 100, retries: 0 }).catch(toMeshError);
          return toMeshError(refusal).code === 'CIRCUIT_OPEN';
        });
        await waitFor('the p99 to recover', async () => {
          const p99Ms = await p99OfWindow();
          return p99Ms < Math.max(3 * usualMs, RECOVERED_MS) ? p99Ms : undefined;
        });
        await waitUntil('a call that tries it, in vain', () =>
          kept.some(({ breaker, code }) => breaker !== 'closed' && code === 'TIMED_OUT'),
        );
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await waitUntil('it to take part again', () =>
        attemptsAt('pool-2@main').some(({ breaker, code }) => breaker === 'closed' && code === ''),
      );
      expect(failures).to.deep.equal([]);
    });
  });

  it('a call that is given up stops the work at the callee', async () => {
    const giveUp = new AbortController();
    // Far more time than this test has: nothing else ends it.
    const options = { signal: giveUp.signal, timeoutMs: 600_000 };
    const call = mesh.call('pool-1.work', { name: 'given up' }, options);
    await waitUntil('the work to go on', async () => (await report('pool-1', 'given up')).steps > 3);
    giveUp.abort();
    await expectRejection('INTERRUPTED', call);
    await isOver('pool-1', 'given up');
  });

  it('the time of a call is that of all it calls for it: three hops end together', async () => {
    const timeoutMs = 600;
    const call = mesh.call('pool-1.hop', { name: 'late', via: ['pool-2', 'pool-3'] }, { timeoutMs });
    await expectRejection('TIMED_OUT', call);
    for (const name of NAMES) await isOver(name, 'late');
    const [first, second, third] = await Promise.all(
      NAMES.map(async (name) => (await report(name, 'late')).remainingMs),
    );
    expect(first).to.be.at.most(timeoutMs);
    expect(second).to.be.at.most(first ?? 0);
    expect(third)
      .to.be.at.most(second ?? 0)
      .and.greaterThan(0);
  });

  it('a slow reader of a stream holds its callee up, in bounded memory, and leaving the loop ends the work', async () => {
    const bytes = 64 * 1024;
    const count = 4_000;
    const pids = [process.pid, (await fleet.main.process('pool-3')).pid];
    const before = pids.map(rssOf);
    const stream = mesh.stream('pool-3.pieces', { name: 'slowly', count, bytes }, { timeoutMs: 600_000 });
    let readCount = 0;
    let aheadMax = 0;
    for await (const piece of stream) {
      expect((piece as Buffer)[0]).to.equal(readCount % 256);
      if (++readCount % 20 !== 0) continue;
      // Everything that the callee may do in the meantime it does while it is asked.
      const { steps } = await report('pool-3', 'slowly');
      aheadMax = Math.max(aheadMax, steps - readCount);
      if (readCount === 600) break;
    }
    expect(aheadMax)
      .to.be.greaterThan(0)
      .and.at.most(limits.streamWindow + 1);
    const grown = pids.map((pid, index) => (rssOf(pid) - (before[index] ?? 0)) / MIB);
    // All of it would be 250 MiB; what a garbage collector leaves lying is far less.
    expect(Math.max(...grown)).to.be.lessThan(100);
    await isOver('pool-3', 'slowly');
    expect((await report('pool-3', 'slowly')).steps).to.be.lessThan(count / 2);
  });

  it('killed with two hundred calls in hand: each is told at once or answered by another one, and those with a key ran once', async () => {
    interface Signed {
      readonly begunCount: number;
      readonly signed: readonly string[];
    }
    const signedBy = async (agents: readonly string[]) =>
      Promise.all(agents.map(async (agent) => (await mesh.call(`${agent}.signed`)) as Signed));
    const { epoch, pid } = await fleet.main.process('pool-1');
    const timeoutMs = 30_000;
    const names = Array.from({ length: 100 }, (_, index) => `letter ${index}`);
    const bound = names.map((name) =>
      mesh
        .call('pool-1.sign', { name, ms: SIGN_MS }, { timeoutMs })
        .catch((error: unknown) => ({ code: toMeshError(error).code, atMs: performance.now() })),
    );
    const free = names.map((name) =>
      mesh.call(
        { capability: 'pool', action: 'sign' },
        { name: `free ${name}`, ms: SIGN_MS },
        { timeoutMs, idempotencyKey: name },
      ),
    );
    await waitUntil('all of them to be begun', async () => {
      const begun = await signedBy(NAMES);
      return begun.reduce((sum, { begunCount }) => sum + begunCount, 0) === bound.length + free.length;
    });
    const killedMs = performance.now();
    process.kill(pid, 'SIGKILL');

    const told = (await Promise.all(bound)) as { code: string; atMs: number }[];
    expect(new Set(told.map(({ code }) => code))).to.deep.equal(new Set(['AGENT_CRASHED']));
    expect(Math.max(...told.map(({ atMs }) => atMs)) - killedMs).to.be.lessThan(TOLD_MS);
    const instances = new Set((await Promise.all(free)).map((answer) => (answer as { instance: string }).instance));
    expect(instances).to.deep.equal(new Set(['pool-2@main', 'pool-3@main']));
    const signed = (await signedBy(['pool-2', 'pool-3'])).flatMap((by) => by.signed);
    expect([...signed].sort()).to.deep.equal(names.map((name) => `free ${name}`).sort());
    await fleet.main.successor('pool-1', epoch);
  });
});
