/** Which requests have waited too long, by a clock of the test. */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { type OutstandingRequest, OutstandingRequests } from '../../common/wire/asking/outstanding-requests.js';
import { RequestStream } from '../../common/wire/streams/request-stream.js';

const asker = { onReply: () => undefined, onFailure: () => undefined };
const port = { frameBytesMax: 1_024, put: () => true, giveUp: () => undefined };

describe('requests that are out', () => {
  /** What is overdue at that time, of one request: its code. */
  const codeAt = (nowMs: number, request: Partial<OutstandingRequest>): string | undefined => {
    const requests = new OutstandingRequests({ peer: 'the peer', endpoint: 'tcp://there' });
    const id = requests.nextId();
    const made = { id, asker, method: 'm', timeoutMs: 100, deadlineMs: 100, stream: undefined, seenMs: 0 };
    requests.add({ ...made, bytes: Buffer.alloc(0), sent: true, abandoned: false, ...request });
    return requests.overdue(nowMs)[0]?.error.code;
  };
  const stream = new RequestStream('m', 1, port);
  const endless = { stream, timeoutMs: Number.POSITIVE_INFINITY, deadlineMs: Number.POSITIVE_INFINITY };
  const silent = limits.streamSilenceMs;

  const rows: readonly [string, number, Partial<OutstandingRequest>, string | undefined][] = [
    ['has time', 99, {}, undefined],
    ['had its time', 100, {}, 'TIMED_OUT'],
    ['had its time and never left', 100, { sent: false }, 'UNREACHABLE'],
    ['is a stream with time', silent - 1, endless, undefined],
    ['is a stream whose callee is silent', silent, endless, 'TIMED_OUT'],
    ['is a stream whose callee was seen since', silent + 10, { ...endless, seenMs: 11 }, undefined],
    ['is a stream that had its time', 100, { stream }, 'TIMED_OUT'],
    ['is a stream that never left', limits.requestTimeoutMs, { ...endless, sent: false }, 'UNREACHABLE'],
  ];
  for (const [title, nowMs, request, code] of rows) {
    it(`are ${code ?? 'waited for'}: one ${title}`, () => expect(codeAt(nowMs, request)).to.equal(code));
  }

  it('and streams that are read slowly tell of what was read, as time passes', async () => {
    const put: Buffer[] = [];
    const slow = new RequestStream('m', 64, { ...port, put: (bytes) => put.push(bytes) > 0 });
    const requests = new OutstandingRequests({ peer: 'the peer', endpoint: 'tcp://there' });
    slow.id = requests.nextId();
    const times = { timeoutMs: 1, deadlineMs: 1, seenMs: 0 };
    requests.add({
      id: slow.id,
      asker,
      method: 'm',
      stream: slow,
      bytes: Buffer.alloc(0),
      ...times,
      sent: true,
      abandoned: false,
    });
    slow.onItems({ kind: 'items', id: slow.id, firstSeq: 1, items: ['a', 'b'] }, 10);
    await slow.next();
    expect(put).to.have.length(0);
    requests.tick();
    expect(put).to.have.length(1);
  });
});
