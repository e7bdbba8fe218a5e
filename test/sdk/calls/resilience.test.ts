/** The bulkhead and the fallback around calls that end when the test says so. */
import { expect } from 'chai';
import { CallTrail } from '../../../agents/sdk/calls/policies/call-trail.js';
import { type GuardedCall, Resilience } from '../../../agents/sdk/calls/policies/resilience.js';
import { type Clock, systemClock } from '../../../common/core/clock.js';
import { errorTable, isErrorCode, MeshError, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { CallPolicy } from '../../../common/protocol/call-policy.js';
import { waitUntil } from '../../support/wait-for.js';

/** A call that is out: it ends when it is told how. */
interface Out {
  readonly name: string;
  readonly timeoutMs: number;
  answer(value: unknown): void;
  fail(error: MeshError): void;
}

class World {
  readonly resilience: Resilience;
  readonly trail: CallTrail;
  readonly out: Out[] = [];

  constructor(clock: Clock = systemClock) {
    this.resilience = new Resilience(clock);
    this.trail = new CallTrail(clock);
  }

  call(policy: CallPolicy, rest: Partial<GuardedCall> = {}): Promise<unknown> {
    const note = this.trail.begin('vision', 'detect');
    const make = (name: string, timeoutMs: number) =>
      new Promise<unknown>((answer, fail) => this.out.push({ name, timeoutMs, answer, fail }));
    const call: GuardedCall = {
      name: 'vision.detect',
      policy,
      timeoutMs: 5_000,
      signals: [],
      makeInstead: make,
      ...rest,
    };
    const answered = this.resilience.run(call, (timeoutMs) => make('vision.detect', timeoutMs), note);
    answered.then(
      () => note.end(''),
      (error: unknown) => note.end(toMeshError(error).code),
    );
    return answered;
  }

  get names(): string[] {
    return this.out.map(({ name }) => name);
  }
}

const refusal = async (call: Promise<unknown>): Promise<MeshError> =>
  call.then(
    (value) => {
      throw new Error(`it was answered with ${JSON.stringify(value)}`);
    },
    (error: unknown) => toMeshError(error),
  );

describe('a bulkhead', () => {
  const two: CallPolicy = { bulkhead: { concurrency: 2, queueMax: 1 } };
  let world: World;
  beforeEach(() => {
    world = new World();
  });

  it('lets so many calls out, lets so many wait, and refuses the next: it did not run', async () => {
    const calls = [world.call(two), world.call(two), world.call(two)];
    const refused = await refusal(world.call(two));
    expect(refused).to.include({ code: 'OVERLOADED', retryable: true });
    expect(refused.message).to.equal(
      'vision.detect was not called: 2 calls of it are out already, and 1 wait for one of them',
    );
    expect(refused.hint).to.contain('mesh policy test vision.detect');
    expect(world.out).to.have.length(2);

    world.out[0]?.answer('first');
    expect(await calls[0]).to.equal('first');
    await waitUntil('the one that waits to be out', () => world.out.length === 3);
    for (const { answer } of world.out) answer('later');
    expect(await Promise.all(calls)).to.deep.equal(['first', 'later', 'later']);
  });

  it('has room again after a call that failed', async () => {
    const one: CallPolicy = { bulkhead: { concurrency: 1 } };
    const first = world.call(one);
    world.out[0]?.fail(new MeshError('TIMED_OUT'));
    expect(await refusal(first)).to.include({ code: 'TIMED_OUT' });
    const second = world.call(one);
    world.out[1]?.answer('well');
    expect(await second).to.equal('well');
  });

  it('takes the time of waiting from the call that waits', async () => {
    let nowMs = 0;
    world = new World({ wallMs: () => nowMs, monotonicMs: () => nowMs });
    const one: CallPolicy = { bulkhead: { concurrency: 1, queueMax: 1 } };
    const calls = [world.call(one, { timeoutMs: 1_000 }), world.call(one, { timeoutMs: 1_000 })];
    nowMs = 400;
    world.out[0]?.answer('first');
    await waitUntil('the one that waits to be out', () => world.out.length === 2);
    world.out[1]?.answer('second');
    await Promise.all(calls);
    expect(world.out.map(({ timeoutMs }) => timeoutMs)).to.deep.equal([1_000, 600]);
    expect(world.trail.list({}).map(({ waitedMs }) => waitedMs)).to.deep.equal([0, 400]);
  });

  it('answers who waits in vain when the time is over, and does not call for it later', async () => {
    const one: CallPolicy = { bulkhead: { concurrency: 1, queueMax: 5 } };
    const first = world.call(one);
    const waiting = await refusal(world.call(one, { timeoutMs: 10 }));
    expect(waiting).to.include({ code: 'OVERLOADED' });
    expect(waiting.message).to.contain('and none has ended in 10 ms');
    world.out[0]?.answer('done');
    await first;
    const next = world.call(one);
    world.out[1]?.answer('next');
    expect(await next).to.equal('next');
    expect(world.out).to.have.length(2);
  });

  it('lets who waits give up at once, and keeps nothing on its signal', async () => {
    const one: CallPolicy = { bulkhead: { concurrency: 1, queueMax: 5 } };
    const first = world.call(one);
    const giving = new AbortController();
    const waiting = world.call(one, { signals: [giving.signal] });
    giving.abort();
    expect(await refusal(waiting)).to.include({ code: 'INTERRUPTED' });
    world.out[0]?.answer('done');
    await first;
    expect(world.out).to.have.length(1);
  });

  it('is another one when its rule changes, and one for each action', async () => {
    void world.call({ bulkhead: { concurrency: 1 } });
    void world.call({ bulkhead: { concurrency: 1 } }, { name: 'vision.count' });
    expect(world.out).to.have.length(2);
    expect(await refusal(world.call({ bulkhead: { concurrency: 1 } }))).to.include({ code: 'OVERLOADED' });
    void world.call({ bulkhead: { concurrency: 3 } });
    expect(world.out).to.have.length(3);
  });
});

describe('a fallback', () => {
  const toValue: CallPolicy = { fallback: { value: { boxes: [] } } };
  const toTarget: CallPolicy = { fallback: { target: 'small.detect' } };
  let world: World;
  beforeEach(() => {
    world = new World();
  });

  /** Of the service, as opposed to the request. */
  const standIn = new Set(
    'UNREACHABLE TIMED_OUT CONNECTION_LOST AGENT_CRASHED CIRCUIT_OPEN OVERLOADED QUEUE_FULL EXPIRED CLOSED ACTION_FAILED INVALID_OUTPUT INTERNAL'.split(
      ' ',
    ),
  );
  for (const code of Object.keys(errorTable).filter(isErrorCode)) {
    const stands = standIn.has(code);
    it(`${stands ? 'stands in' : 'does not stand in'} for ${code}`, async () => {
      const call = world.call(toValue);
      world.out[0]?.fail(new MeshError(code));
      if (stands) expect(await call).to.deep.equal({ boxes: [] });
      else expect(await refusal(call)).to.include({ code });
    });
  }

  it('is not asked for where the call is answered', async () => {
    const call = world.call(toTarget);
    world.out[0]?.answer(['a box']);
    expect(await call).to.deep.equal(['a box']);
    expect(world.names).to.deep.equal(['vision.detect']);
  });

  it('is nobody who stands in for himself', async () => {
    const call = world.call({ fallback: { target: 'vision.detect' } }, { timeoutMs: 1_000 });
    expect(world.out[0]?.timeoutMs).to.equal(1_000);
    world.out[0]?.fail(new MeshError('TIMED_OUT'));
    expect(await refusal(call)).to.include({ code: 'TIMED_OUT' });
    expect(world.out).to.have.length(1);
  });

  it('may be nothing at all', async () => {
    const call = world.call({ fallback: { value: null } });
    world.out[0]?.fail(new MeshError('TIMED_OUT'));
    expect(await call).to.equal(null);
  });

  it('is the answer of its target, in the time that is left', async () => {
    const call = world.call(toTarget, { timeoutMs: 1_000 });
    world.out[0]?.fail(new MeshError('AGENT_CRASHED'));
    await waitUntil('the target to be asked', () => world.out.length === 2);
    expect(world.names).to.deep.equal(['vision.detect', 'small.detect']);
    expect(world.out[0]?.timeoutMs, 'half of the time is for the target').to.equal(500);
    expect(world.out[1]?.timeoutMs).to.be.above(500).and.at.most(1_000);
    world.out[1]?.answer(['a small box']);
    expect(await call).to.deep.equal(['a small box']);
  });

  it('whose target fails too leaves the first error, which tells of the second', async () => {
    const call = world.call(toTarget);
    world.out[0]?.fail(
      new MeshError('AGENT_CRASHED', 'vision@main died', { hint: 'see its log', details: { pid: 7 } }),
    );
    await waitUntil('the target to be asked', () => world.out.length === 2);
    world.out[1]?.fail(new MeshError('UNREACHABLE', 'small is away'));
    const error = await refusal(call);
    expect(error).to.include({ code: 'AGENT_CRASHED', message: 'vision@main died', hint: 'see its log' });
    expect(error.details).to.deep.equal({
      pid: 7,
      fallback: { target: 'small.detect', code: 'UNREACHABLE', message: 'small is away' },
    });
  });

  it('whose time is over before its target could be asked leaves the error', async () => {
    let nowMs = 0;
    world = new World({ wallMs: () => nowMs, monotonicMs: () => nowMs });
    const call = world.call(toTarget, { timeoutMs: 100 });
    nowMs = 100;
    world.out[0]?.fail(new MeshError('TIMED_OUT'));
    const error = await refusal(call);
    expect(error.details?.['fallback']).to.include({ target: 'small.detect', code: 'EXPIRED' });
    expect(world.out).to.have.length(1);
  });

  it('stands in where there was no room', async () => {
    const policy: CallPolicy = { ...toValue, bulkhead: { concurrency: 1 } };
    void world.call(policy);
    expect(await world.call(policy)).to.deep.equal({ boxes: [] });
    expect(world.out).to.have.length(1);
  });
});

describe('the trail of calls', () => {
  it('tells what became of each call under a policy, the oldest first', async () => {
    const world = new World();
    const policy: CallPolicy = { bulkhead: { concurrency: 1 }, fallback: { value: 0 } };
    const first = world.call(policy);
    expect(await world.call(policy)).to.equal(0);
    world.out[0]?.answer(1);
    await first;
    const [fellBack, answered] = world.trail.list({});
    expect(fellBack).to.include({ service: 'vision', action: 'detect', fallback: 'value', code: '' });
    expect(answered).to.include({ service: 'vision', action: 'detect', fallback: '', code: '' });
  });

  it('is bounded, in calls and in attempts, and can be asked for a part', () => {
    const trail = new CallTrail();
    for (let count = 0; count < limits.callTrailKept + 10; count++) {
      const note = trail.begin(count % 2 === 0 ? 'vision' : undefined, `a${count}`);
      for (let attempt = 0; attempt < 50; attempt++)
        note.attempt({ instance: 'vision@main', breaker: 'closed', durationMs: 1, code: 'TIMED_OUT' });
      note.end('TIMED_OUT');
    }
    const all = trail.list({});
    expect(all).to.have.length(limits.callTrailKept);
    expect(all[0]?.action).to.equal('a10');
    expect(all[0]?.attempts).to.have.length(limits.callRetriesMax + 1);
    expect(trail.list({ last: 2 }).map(({ action }) => action)).to.deep.equal([
      `a${limits.callTrailKept + 8}`,
      `a${limits.callTrailKept + 9}`,
    ]);
    expect(trail.list({ service: 'vision' })).to.have.length(limits.callTrailKept / 2);
    expect(trail.list({ action: 'a12' })).to.have.length(1);
    expect(trail.list({ service: 'vision', action: 'a13' })).to.have.length(0);
  });
});
