/** The answering end of a stream by itself: when it shows a sign, when it was forgotten, and how it cuts what it has. */
import { expect } from 'chai';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { decodeFrame } from '../../common/protocol/frames/envelope.js';
import { AnswerStream } from '../../common/wire/streams/answer-stream.js';
import { expectError } from '../support/expect-error.js';
import { FRAME_BYTES_MAX } from './wire-world.js';

describe('the answering end of a stream', () => {
  const FAR_MS = 1e12;
  const streamOf = (credit: number) => {
    const put: Buffer[] = [];
    const stream = new AnswerStream(7, 'm', credit, {
      frameBytesMax: FRAME_BYTES_MAX,
      put: (bytes) => put.push(bytes),
      expect: () => undefined,
    });
    return { stream, put, envelopes: () => put.flatMap((bytes) => decodeFrame(bytes)) };
  };

  it('shows a sign of life when it had nothing to tell for a while', () => {
    const { stream, envelopes } = streamOf(1);
    stream.showSign(0);
    expect(envelopes()).to.deep.equal([]);
    void stream.push('a');
    stream.flush();
    stream.showSign(FAR_MS);
    expect(envelopes()).to.deep.equal([
      { kind: 'items', id: 7, firstSeq: 1, items: ['a'] },
      { kind: 'items', id: 7, firstSeq: 2, items: [] },
    ]);
  });

  it('was forgotten when something waits and nothing is let come for long, and not when there is nothing to send', async () => {
    const { stream } = streamOf(1);
    void stream.push('a');
    expect(stream.isIdle(FAR_MS)).to.equal(false);
    const waiting = stream.push('b');
    expect(stream.isIdle(0)).to.equal(false);
    expect(stream.isIdle(FAR_MS)).to.equal(true);
    stream.onCredit(1);
    await waiting;
    expect(stream.isIdle(FAR_MS)).to.equal(false);
  });

  it('cuts what one turn brings into envelopes that fit a frame', () => {
    const { stream, envelopes, put } = streamOf(64);
    for (let n = 0; n < 8; n++) void stream.push(Buffer.alloc(40_000, n));
    stream.flush();
    const seqs = envelopes().map((envelope) => (envelope.kind === 'items' ? envelope.firstSeq : 0));
    expect(seqs).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Math.max(...put.map(({ length }) => length))).to.be.below(limits.frameTargetBytes);
  });

  it('throws at who pushes after the end, and ends the inbox', async () => {
    const { stream } = streamOf(1);
    stream.end(new MeshError('INTERRUPTED', 'given up'));
    expectError('INTERRUPTED', () => stream.push(1));
    const said: unknown[] = [];
    for await (const body of stream.inbox) said.push(body);
    expect(said).to.deep.equal([]);
  });
});
