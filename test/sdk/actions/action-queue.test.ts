/** The queue of an action as a pure core: a table of small scenes, and what holds whatever happens. */
import { expect } from 'chai';
import fc from 'fast-check';
import { ActionQueue, type Admission, type Ticket } from '../../../agents/sdk/actions/action-queue.js';
import { limits } from '../../../common/core/limits.js';

const STEP_MS = limits.actionPriorityStepMs;
const FOREVER = Number.POSITIVE_INFINITY;

const queue = (options: Partial<{ concurrency: number; lengthMax: number; ageMsMax: number }> = {}) =>
  new ActionQueue<string>({ concurrency: 1, lengthMax: 100, ageMsMax: FOREVER, ...options });

/** Who runs, one after the other, each for no time. */
function served(busy: ActionQueue<string>, nowMs: number): string[] {
  const names: string[] = [];
  for (;;) {
    const { next } = busy.release(0, nowMs);
    if (next === undefined) return names;
    names.push(next.call);
  }
}

const ticketOf = (admission: Admission<string>): Ticket<string> => {
  if (admission.kind !== 'wait') throw new Error(`it did not wait: ${admission.kind}`);
  return admission.ticket;
};

describe('the queue of an action', () => {
  it('lets as many run as may, and the others wait', () => {
    const two = queue({ concurrency: 2 });
    const kinds = ['a', 'b', 'c', 'd'].map((name) => two.offer(name, 5, FOREVER, 0).kind);
    expect(kinds).to.deep.equal(['run', 'run', 'wait', 'wait']);
    expect([two.runningCount, two.length]).to.deep.equal([2, 2]);
    expect(two.release(1, 1).next?.call).to.equal('c');
    expect([two.runningCount, two.length]).to.deep.equal([2, 1]);
  });

  it('serves equals in the order they came, and better priorities before', () => {
    const one = queue();
    for (const [name, priority] of [
      ['first', 5],
      ['e', 9],
      ['c', 5],
      ['d', 5],
      ['a', 0],
      ['b', 1],
    ] as const)
      one.offer(name, priority, FOREVER, 0);
    expect(served(one, 0)).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('reaches a low priority though better ones never cease to come', () => {
    const one = queue();
    one.offer('running', 5, FOREVER, 0);
    one.offer('patient', 9, FOREVER, 0);
    let nowMs = 0;
    for (;;) {
      one.offer('urgent', 0, FOREVER, nowMs);
      nowMs += 100;
      if (one.release(100, nowMs).next?.call === 'patient') break;
    }
    expect(nowMs).to.be.within(9 * STEP_MS, 9 * STEP_MS + 200);
  });

  it('hands out nothing that is late or has waited too long', () => {
    const one = queue({ ageMsMax: 500 });
    one.offer('running', 5, FOREVER, 0);
    one.offer('late', 5, 300, 0);
    one.offer('old', 5, FOREVER, 100);
    one.offer('good', 5, FOREVER, 200);
    const { next, dropped } = one.release(650, 650);
    expect(next?.call).to.equal('good');
    expect(dropped.map(({ ticket, why }) => [ticket.call, why])).to.deep.equal([
      ['late', 'expired'],
      ['old', 'aged'],
    ]);
  });

  it('finds them also while nothing ends', () => {
    const one = queue({ ageMsMax: 500 });
    one.offer('running', 5, FOREVER, 0);
    for (const [name, deadlineMs] of [
      ['a', FOREVER],
      ['b', 200],
      ['c', FOREVER],
    ] as const)
      one.offer(name, 5, deadlineMs, 0);
    expect(one.sweep(200).map(({ ticket }) => ticket.call)).to.deep.equal(['b']);
    expect(one.sweep(500)).to.deep.equal([]);
    expect(one.sweep(501).map(({ ticket }) => ticket.call)).to.deep.equal(['a', 'c']);
    expect([one.length, one.runningCount]).to.deep.equal([0, 1]);
  });

  it('turns away the newcomer when it is full, or whoever would be served last', () => {
    const one = queue({ lengthMax: 2 });
    one.offer('running', 5, FOREVER, 0);
    one.offer('x', 5, FOREVER, 0);
    one.offer('y', 5, FOREVER, 1);
    expect(one.offer('like them', 5, FOREVER, 2).kind).to.equal('full');
    const better = one.offer('better', 4, FOREVER, 3);
    expect(better.kind === 'wait' && better.evicted?.call).to.equal('y');
    expect(one.offer('worse', 9, FOREVER, 4).kind).to.equal('full');
    expect(served(one, 5)).to.deep.equal(['better', 'x']);
  });

  it('does not evict who has waited its priority away', () => {
    const one = queue({ lengthMax: 1 });
    one.offer('running', 5, FOREVER, 0);
    one.offer('patient', 9, FOREVER, 0);
    expect(one.offer('urgent', 0, FOREVER, 9 * STEP_MS).kind).to.equal('full');
  });

  it('gives a ticket back once', () => {
    const one = queue();
    one.offer('running', 5, FOREVER, 0);
    const ticket = ticketOf(one.offer('gone', 5, FOREVER, 0));
    one.offer('next', 5, FOREVER, 0);
    expect([one.remove(ticket), one.remove(ticket)]).to.deep.equal([true, false]);
    expect(served(one, 0)).to.deep.equal(['next']);
  });

  it('says when to ask again by how long runs took, and by how long one has waited before any has ended', () => {
    const two = queue({ concurrency: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) two.offer(name, 5, FOREVER, 0);
    expect(two.retryAfterMs(700)).to.equal(700);
    two.release(1_000, 1_000);
    expect(two.retryAfterMs(1_000)).to.equal(1_500);
    expect(queue().retryAfterMs(0)).to.equal(limits.retryAfterMsMin);
  });

  it('keeps its bounds, loses nobody and starves nobody, whatever comes', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('offer'), priority: fc.nat(9), stayMs: fc.nat(5_000) }),
      fc.record({ kind: fc.constant('release') }),
      fc.record({ kind: fc.constant('sweep') }),
      fc.record({ kind: fc.constant('remove'), index: fc.nat(50) }),
    );
    const scene = fc.array(fc.tuple(fc.nat(400), event), { minLength: 50, maxLength: 400 });
    fc.assert(
      fc.property(
        scene,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 12 }),
        (events, concurrency, lengthMax) => {
          const tested = new ActionQueue<number>({ concurrency, lengthMax, ageMsMax: 3_000 });
          const waiting = new Map<number, Ticket<number>>();
          let nowMs = 0;
          let running = 0;
          events.forEach(([stepMs, what], index) => {
            nowMs += stepMs;
            if (what.kind === 'offer') {
              const admission = tested.offer(index, what.priority, nowMs + what.stayMs, nowMs);
              if (admission.kind === 'run') running++;
              if (admission.kind === 'wait') {
                waiting.set(index, admission.ticket);
                if (admission.evicted !== undefined) expect(waiting.delete(admission.evicted.call)).to.equal(true);
              }
            } else if (what.kind === 'remove') {
              const chosen = [...waiting.values()][what.index];
              if (chosen === undefined) return;
              expect(tested.remove(chosen)).to.equal(true);
              waiting.delete(chosen.call);
            } else {
              if (what.kind === 'release' && running === 0) return;
              const { next, dropped } =
                what.kind === 'release' ? tested.release(10, nowMs) : { next: undefined, dropped: tested.sweep(nowMs) };
              for (const { ticket, why } of dropped) {
                expect(waiting.delete(ticket.call)).to.equal(true);
                expect(why === 'expired' ? ticket.deadlineMs <= nowMs : nowMs - ticket.enqueuedMs > 3_000).to.equal(
                  true,
                );
              }
              if (next !== undefined) {
                expect(waiting.delete(next.call)).to.equal(true);
                expect(next.deadlineMs).to.be.greaterThan(nowMs);
                // Nobody that is worth handing out has a better rank, so nobody is overtaken by who came nine steps later.
                for (const other of waiting.values()) {
                  if (other.deadlineMs > nowMs && nowMs - other.enqueuedMs <= 3_000)
                    expect(other.rank).to.be.at.least(next.rank);
                  expect(next.enqueuedMs - other.enqueuedMs).to.be.at.most(9 * STEP_MS);
                }
              } else if (what.kind === 'release') running--;
            }
            expect(tested.length).to.equal(waiting.size);
            expect(tested.length).to.be.at.most(lengthMax);
            expect(tested.runningCount).to.equal(running);
            expect(running).to.be.at.most(concurrency);
          });
        },
      ),
    );
  });
});
