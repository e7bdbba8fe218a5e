/** Which notice is tried by which route when, and which is given up. */
import { expect } from 'chai';
import { Outbox } from '../../agents/alerter/outbox.js';
import { limits } from '../../common/core/limits.js';
import { noticeFor } from './alert-world.js';

const FAILED = { ok: false, said: 'it is away' };

describe('the outbox of an alerter', () => {
  it('tries each route by one notice at a time, the oldest first, and forgets what was told', () => {
    const outbox = new Outbox();
    outbox.add(noticeFor({ id: 'a' }), ['x', 'y']);
    outbox.add(noticeFor({ id: 'b' }), ['x']);
    const taken = outbox.take(0);
    expect(taken.map(({ notice, errand }) => notice.id + errand.route)).to.deep.equal(['ax', 'ay']);
    expect(outbox.take(0)).to.deep.equal([]);
    for (const { notice, errand } of taken) outbox.settle(notice, errand, { ok: true, said: '' }, 0, 0);
    expect(outbox.take(0).map(({ notice }) => notice.id)).to.deep.equal(['b']);
    expect(outbox.posted.map(({ notice }) => notice.id)).to.deep.equal(['b']);
  });

  it('tries again later and later, and gives up in the end', () => {
    const outbox = new Outbox();
    outbox.add(noticeFor(), ['x']);
    let nowMs = 0;
    let attempts = 0;
    for (let [next] = outbox.take(nowMs); next !== undefined; [next] = outbox.take(nowMs)) {
      attempts++;
      const givenUp = outbox.settle(next.notice, next.errand, FAILED, nowMs, 0.999);
      expect(givenUp === undefined).to.equal(attempts < limits.alertAttemptsMax);
      expect(outbox.take(nowMs)).to.deep.equal([]);
      nowMs += limits.alertRetryMaxMs;
    }
    expect(attempts).to.equal(limits.alertAttemptsMax);
    expect(outbox.posted).to.deep.equal([]);
  });

  it('does not try again what was refused for good', () => {
    const outbox = new Outbox();
    outbox.add(noticeFor(), ['x', 'y']);
    const [first] = outbox.take(0);
    if (first === undefined) throw new Error('nothing was taken');
    expect(outbox.settle(first.notice, first.errand, { ...FAILED, isFinal: true }, 0, 0)).to.include({ route: 'x' });
    expect(outbox.posted[0]?.errands.map(({ route }) => route)).to.deep.equal(['y']);
  });

  it('gives the oldest up when it is full, and says so', () => {
    const outbox = new Outbox();
    const lost = Array.from({ length: limits.alertOutboxMax + 2 }, (_, at) =>
      outbox.add(noticeFor({ id: String(at) }), ['x']),
    ).flat();
    expect(lost.map(({ notice, said }) => `${notice.id} ${said}`)).to.deep.equal([
      ...['0 too many others wait', '1 too many others wait'],
    ]);
    expect(outbox.posted).to.have.length(limits.alertOutboxMax);
  });

  it('goes on after a kill at once', () => {
    const outbox = new Outbox();
    outbox.add(noticeFor(), ['x']);
    const [taken] = outbox.take(0);
    if (taken === undefined) throw new Error('nothing was taken');
    outbox.settle(taken.notice, taken.errand, FAILED, 0, 0.5);
    const next = new Outbox(structuredClone(outbox.posted));
    expect(next.take(0)).to.have.length(1);
  });
});
