/** The two halves of a stream, without sockets: how much may leave, how much may come, and who waits for what. */
import { expect } from 'chai';
import fc from 'fast-check';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { LateAnswers } from '../../common/wire/asking/late-answers.js';
import { StreamCredit } from '../../common/wire/streams/stream-credit.js';
import { StreamInbox } from '../../common/wire/streams/stream-inbox.js';
import { StreamSender } from '../../common/wire/streams/stream-sender.js';
import { expectError, expectRejection } from '../support/expect-error.js';

const closed = new MeshError('CLOSED', 'over');

describe('the credit of a stream', () => {
  it('is counted in items', () => {
    const credit = new StreamCredit(2);
    credit.spend(1);
    credit.spend(1);
    expect(credit.open).to.equal(false);
    credit.grant(1);
    expect(credit.open).to.equal(true);
  });

  it('ends at so many bytes that were not taken, and one item may be larger', () => {
    const credit = new StreamCredit(10);
    expect(credit.open).to.equal(true);
    credit.spend(limits.streamBytesMax * 3);
    expect(credit.open).to.equal(false);
    credit.grant(1);
    expect(credit.open).to.equal(true);
  });

  it('never exceeds what a reader may hold, whatever it is given', () => {
    const credit = new StreamCredit(1);
    for (let n = 0; n < 10; n++) credit.grant(limits.streamCreditMax);
    for (let n = 0; n < limits.streamCreditMax; n++) credit.spend(1);
    expect(credit.open).to.equal(false);
  });
});

describe('the sending half of a stream', () => {
  const collector = (credit: number) => {
    const left: string[] = [];
    const sender = new StreamSender(credit, (bytes) => left.push(bytes.toString()));
    return { left, sender, send: (text: string) => sender.send(Buffer.from(text)) };
  };

  it('lets go at once what there is credit for, and the rest in order as more is given', async () => {
    const { left, sender, send } = collector(1);
    expect(send('a')).to.equal(undefined);
    const waiting = ['b', 'c', 'd'].map(send);
    expect(left).to.deep.equal(['a']);
    expect(sender.blocked).to.equal(true);
    sender.grant(2);
    await Promise.all(waiting.slice(0, 2));
    expect(left).to.deep.equal(['a', 'b', 'c']);
    sender.grant(1);
    await waiting[2];
    expect(sender.blocked).to.equal(false);
  });

  it('refuses who does not wait', async () => {
    const { sender, send } = collector(0);
    const waiting = Array.from({ length: limits.streamWaitingMax }, () => send('x'));
    expectError('QUEUE_FULL', () => send('y'));
    sender.end(closed);
    await Promise.all(waiting.map((work) => expectRejection('CLOSED', work ?? Promise.resolve())));
    expectError('CLOSED', () => send('z'));
  });
});

describe('the receiving half of a stream', () => {
  const inboxOf = (window: number) => {
    const told: number[] = [];
    let returned = 0;
    const inbox = new StreamInbox({ window, onRoom: (count) => told.push(count), onReturn: () => returned++ });
    return { inbox, told, returned: () => returned };
  };
  const read = async (inbox: StreamInbox, count: number) => {
    const values: unknown[] = [];
    for (let n = 0; n < count; n++) values.push((await inbox.next()).value);
    return values;
  };

  it('hands out in order, to who waits and to who comes later, and then the end', async () => {
    const { inbox } = inboxOf(8);
    const early = [inbox.next(), inbox.next()];
    inbox.add([1, 2, 3], 10);
    inbox.end();
    expect((await Promise.all(early)).map(({ value }) => value)).to.deep.equal([1, 2]);
    expect(await inbox.next()).to.deep.equal({ done: false, value: 3 });
    expect(await inbox.next()).to.deep.equal({ done: true, value: undefined });
  });

  it('throws the error of the end once, after what came before it', async () => {
    const { inbox } = inboxOf(8);
    inbox.add([1], 10);
    inbox.end(closed);
    inbox.end();
    expect(await read(inbox, 1)).to.deep.equal([1]);
    await expectRejection('CLOSED', inbox.next());
    expect((await inbox.next()).done).to.equal(true);
  });

  it('tells who waits of the end', async () => {
    const { inbox } = inboxOf(8);
    const waiting = [inbox.next(), inbox.next()] as const;
    inbox.end(closed);
    await expectRejection('CLOSED', waiting[0]);
    expect((await waiting[1]).done).to.equal(true);
  });

  it('lets more come in bulk, as it is read', async () => {
    const { inbox, told } = inboxOf(8);
    inbox.add([1, 2, 3, 4, 5, 6, 7, 8], 10);
    await read(inbox, 3);
    expect(told).to.deep.equal([]);
    await read(inbox, 1);
    expect(told).to.deep.equal([4]);
    await read(inbox, 1);
    inbox.tellRoom();
    inbox.tellRoom();
    expect(told).to.deep.equal([4, 1]);
  });

  it('takes nothing beyond its window', async () => {
    const { inbox } = inboxOf(2);
    expect(inbox.add([1, 2], 10)).to.equal(true);
    expect(inbox.add([3], 10)).to.equal(false);
    await read(inbox, 2);
    expect(inbox.add([3, 4], 10)).to.equal(true);
    inbox.end();
    expect(inbox.unreadCount).to.equal(2);
  });

  it('drops what was not read when its reader leaves, and says so once', async () => {
    const { inbox, returned } = inboxOf(8);
    inbox.add([1, 2], 10);
    for await (const value of inbox) if (value === 1) break;
    expect((await inbox.next()).done).to.equal(true);
    await inbox.return();
    expect(returned()).to.equal(1);
    expect(inbox.unreadCount).to.equal(0);
    const ended = inboxOf(8);
    ended.inbox.end(closed);
    await ended.inbox.return();
    expect(ended.returned()).to.equal(0);
  });

  it('never lets its sender wait for ever, whatever the sizes, the window and the frames', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 64 }),
        fc.array(fc.integer({ min: 1, max: limits.streamBytesMax }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 9 }),
        async (window, sizes, lag) => {
          const onWay: number[] = [];
          const credit = new StreamCredit(window);
          const inbox = new StreamInbox({
            window,
            onRoom: (count) => credit.grant(count),
            onReturn: () => undefined,
          });
          let readCount = 0;
          for (let next = 0; readCount < sizes.length; ) {
            while (next < sizes.length && credit.open) {
              const size = sizes[next++] ?? 0;
              credit.spend(size);
              onWay.push(size);
            }
            // A frame of some of them comes; or, when nothing can come any more, all is read.
            const frame = onWay.splice(0, lag);
            expect(
              inbox.add(
                frame,
                frame.reduce((sum, size) => sum + size, 0),
              ),
            ).to.equal(true);
            const reads = frame.length === 0 ? inbox.unreadCount : Math.floor(inbox.unreadCount / 2);
            expect(frame.length + reads).to.be.greaterThan(0);
            readCount += (await read(inbox, reads)).length;
          }
        },
      ),
    ));
});

describe('answers that are late', () => {
  it('are known once each, the latest of them', () => {
    const late = new LateAnswers();
    late.expect(7);
    expect(late.has(7)).to.equal(true);
    expect([late.take(7), late.take(7), late.has(7)]).to.deep.equal([true, false, false]);
    for (let id = 0; id <= limits.lateAnswersKept; id++) late.expect(id);
    expect([late.take(0), late.take(1)]).to.deep.equal([false, true]);
  });
});
