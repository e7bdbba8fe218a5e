/** Envelopes in frames: what is read, what is refused and with which id, and what is passed over. */
import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../common/core/limits.js';
import { decode, encode } from '../../common/protocol/frames/codec.js';
import {
  decodeFrame,
  encodeCancel,
  encodeCredit,
  encodeError,
  encodeItems,
  encodeReply,
  encodeRequest,
  encodeSay,
} from '../../common/protocol/frames/envelope.js';
import { expectError } from '../support/expect-error.js';
import { eventBytes } from '../support/fakes/event-bytes.js';

const read = (...values: unknown[]) => decodeFrame(Buffer.concat(values.map(encode)));
const only = (value: unknown) => read(value)[0];
const KINDS = ['request', 'reply', 'error', 'events', 'cancel', 'items', 'credit', 'say', 'refused'];

describe('an envelope', () => {
  it('is a request with what belongs to it', () => {
    expect(decodeFrame(encodeRequest(7, 'echo.say', { text: 'hi' }, { timeoutMs: 100, from: 'a@main' }))).to.deep.equal(
      [{ kind: 'request', id: 7, method: 'echo.say', body: { text: 'hi' }, meta: { timeoutMs: 100, from: 'a@main' } }],
    );
    expect(decodeFrame(encodeRequest(0, 'm', [1]))).to.deep.equal([
      { kind: 'request', id: 0, method: 'm', body: [1], meta: {} },
    ]);
  });

  it('is a request without a body, which reads as an empty one', () => {
    for (const value of [
      [1, 1, 1, 'm'],
      [1, 1, 1, 'm', null],
    ])
      expect(only(value)).to.deep.equal({ kind: 'request', id: 1, method: 'm', body: {}, meta: {} });
  });

  it('is a request with all that may travel beside it', () => {
    const meta = {
      timeoutMs: 100,
      from: 'a@main',
      priority: 9,
      key: 'order-7',
      trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      credit: 16,
      timings: true,
    };
    expect(decodeFrame(encodeRequest(7, 'm', {}, meta))[0]).to.deep.include({ meta });
  });

  it('is a reply or an error', () => {
    expect(decodeFrame(encodeReply(7, null))).to.deep.equal([{ kind: 'reply', id: 7, body: null }]);
    const timings = { queueMs: 1.5, runMs: 20 };
    expect(decodeFrame(encodeReply(7, 'b', timings))).to.deep.equal([{ kind: 'reply', id: 7, body: 'b', timings }]);
    const error = { code: 'NOT_FOUND', message: 'no', hint: 'look', details: { a: 1 } } as const;
    expect(decodeFrame(encodeError(8, error))).to.deep.equal([{ kind: 'error', id: 8, error }]);
  });

  it('gives a request up, lets items come, and says something on a stream', () => {
    expect(
      decodeFrame(Buffer.concat([encodeCancel(7), encodeCredit(8, 16), encodeSay(9, { louder: true })])),
    ).to.deep.equal([
      { kind: 'cancel', id: 7 },
      { kind: 'credit', id: 8, count: 16 },
      { kind: 'say', id: 9, body: { louder: true } },
    ]);
    expect(only([1, 8, 9, null])).to.deep.equal({ kind: 'say', id: 9, body: {} });
  });

  it('carries consecutive items of a stream, however many', () => {
    for (const count of [0, 1, 15, 16, 70_000]) {
      const items = Array.from({ length: count }, (_, n) => n);
      expect(decodeFrame(encodeItems(7, 5, items.map(encode)))).to.deep.equal([
        { kind: 'items', id: 7, firstSeq: 5, items },
      ]);
    }
  });

  it('of credit is taken for as much as there may be', () => {
    expect(only([1, 7, 1, 1e15])).to.deep.include({ count: limits.streamCreditMax });
    expect(only([1, 1, 1, 'm', {}, { credit: 1e15 }])).to.deep.include({ meta: { credit: limits.streamCreditMax } });
  });

  it('carries consecutive events, however many', () => {
    for (const count of [0, 1, 15, 16, 70_000]) {
      const bodies = Array.from({ length: count }, (_, n) => n);
      const [events] = decodeFrame(eventBytes('a@main#1', 5, 1_700_000_000_000, bodies));
      expect(events).to.deep.equal({
        kind: 'events',
        publisher: 'a@main#1',
        firstSeq: 5,
        tsMs: 1_700_000_000_000,
        bodies,
      });
    }
  });

  it('may have more elements than are known here', () => {
    expect(only([1, 1, 1, 'm', {}, {}, 'later', 9])).to.deep.include({ kind: 'request', method: 'm' });
    expect(only([1, 2, 1, 'body', 'later'])).to.deep.equal({ kind: 'reply', id: 1, body: 'body' });
    expect(only([1, 3, 1, { code: 'CLOSED', message: 'x', later: 1 }, 'later'])).to.deep.include({
      error: { code: 'CLOSED', message: 'x' },
    });
    expect(only([1, 4, 'p', 1, 0, [], 'later'])).to.deep.include({ kind: 'events' });
  });

  it('is advised by its meta and never refused for it', () => {
    const long = 'x'.repeat(limits.topicLengthMax + 1);
    for (const meta of [
      null,
      7,
      'x',
      [],
      { timeoutMs: -1 },
      { timeoutMs: '5' },
      { from: 7 },
      { from: long },
      { other: 1 },
      { priority: -1 },
      { priority: 10 },
      { priority: 1.5 },
      { priority: '1' },
      { key: '' },
      { key: 7 },
      { key: 'x'.repeat(limits.idempotencyKeyLengthMax + 1) },
      { trace: [] },
      { trace: 'x'.repeat(limits.traceLengthMax + 1) },
      { credit: 0 },
      { credit: 2n ** 60n },
      { credit: true },
      { timings: 'yes' },
    ])
      expect(only([1, 1, 1, 'm', {}, meta]), String(meta)).to.deep.equal({
        kind: 'request',
        id: 1,
        method: 'm',
        body: {},
        meta: {},
      });
  });

  it('of a reply is not refused for odd times', () => {
    for (const timings of [null, 7, {}, { queueMs: -1, runMs: 1 }, { queueMs: 1 }, { queueMs: '1', runMs: 1 }])
      expect(only([1, 2, 1, 'body', timings])).to.deep.equal({ kind: 'reply', id: 1, body: 'body' });
  });

  it('of an error says what it can', () => {
    for (const body of [null, 7, [], { code: 7, message: 7, hint: 7, details: 7 }])
      expect(only([1, 3, 1, body])).to.deep.include({
        error: { code: 'INTERNAL', message: 'the peer sent an error without a message' },
      });
  });
});

describe('a value that is no envelope of ours', () => {
  const rows: readonly [string, unknown, 'BAD_FRAME' | 'BAD_VERSION', number | undefined, string][] = [
    ['a number', 7, 'BAD_FRAME', undefined, 'array'],
    ['a map', { a: 1 }, 'BAD_FRAME', undefined, 'array'],
    ['too short', [1, 1, 7], 'BAD_FRAME', undefined, 'at least 4'],
    ['another version', [2, 1, 7, 'm', {}], 'BAD_VERSION', 7, 'version 2'],
    [
      'another version, and an id that cannot be answered to',
      [2, 1, -7, 'm', {}],
      'BAD_VERSION',
      undefined,
      'version 2',
    ],
    ['a version that is no number', ['one', 1, 7, 'm'], 'BAD_VERSION', 7, 'version one'],
    ['a version that is an object', [{}, 1, 7, 'm'], 'BAD_VERSION', 7, 'version object'],
    ['no id', [1, 1, null, 'm'], 'BAD_FRAME', undefined, 'id'],
    ['an id below zero', [1, 1, -1, 'm'], 'BAD_FRAME', undefined, 'id'],
    ['an id with a fraction', [1, 2, 1.5, {}], 'BAD_FRAME', undefined, 'id'],
    ['an id beyond 2^53', [1, 1, 2n ** 60n, 'm'], 'BAD_FRAME', undefined, 'id'],
    ['no method', [1, 1, 7, null], 'BAD_FRAME', 7, 'method'],
    ['an empty method', [1, 1, 7, ''], 'BAD_FRAME', 7, 'method'],
    ['a long method', [1, 1, 7, 'x'.repeat(limits.methodLengthMax + 1)], 'BAD_FRAME', 7, 'method'],
    ['an unknown kind', [1, 9, 7, 'm'], 'BAD_FRAME', 7, 'kind 9'],
    ['a kind that is no number', [1, [], 7, 'm'], 'BAD_FRAME', 7, 'kind object'],
    ['items without a number', [1, 6, 7, null, []], 'BAD_FRAME', 7, 'first item'],
    ['items from zero', [1, 6, 7, 0, []], 'BAD_FRAME', 7, 'first item'],
    ['items that are none', [1, 6, 7, 1, {}], 'BAD_FRAME', 7, 'array'],
    ['no credit', [1, 7, 7, 0], 'BAD_FRAME', 7, 'credit'],
    ['credit that is no number', [1, 7, 7, {}], 'BAD_FRAME', 7, 'credit'],
    ['credit with a fraction', [1, 7, 7, 1.5], 'BAD_FRAME', 7, 'credit'],
    ['events of nobody', [1, 4, 7, 1, 0, []], 'BAD_FRAME', undefined, 'publisher'],
    ['events of a long name', [1, 4, 'x'.repeat(256), 1, 0, []], 'BAD_FRAME', undefined, 'publisher'],
    ['events from zero', [1, 4, 'p', 0, 0, []], 'BAD_FRAME', undefined, 'sequence'],
    ['events without a time', [1, 4, 'p', 1, null, []], 'BAD_FRAME', undefined, 'time'],
    ['events without bodies', [1, 4, 'p', 1, 0], 'BAD_FRAME', undefined, 'array of bodies'],
  ];
  for (const [title, value, code, id, says] of rows) {
    it(`is refused, and its neighbours stand: ${title}`, () => {
      const [before, refused, after] = read([1, 2, 1, 'a'], value, [1, 2, 2, 'b']);
      expect(before).to.deep.equal({ kind: 'reply', id: 1, body: 'a' });
      expect(after).to.deep.equal({ kind: 'reply', id: 2, body: 'b' });
      expect(refused).to.deep.include({ kind: 'refused', id });
      if (refused?.kind !== 'refused') return;
      expect(refused.error.code).to.equal(code);
      expect(refused.error.message).to.contain(says);
      expect(refused.error.message.length).to.be.lessThan(200);
    });
  }

  it('never is anything but an envelope or a refusal', () =>
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: 1, maxLength: 8 }), (value) => {
        expect(KINDS).to.include(only(value)?.kind);
      }),
    ));

  it('never is, whatever stands behind the version, the kind and the id of one', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.array(fc.jsonValue(), { maxLength: 4 }), (kind, rest) => {
        expect(KINDS).to.include(only([1, kind, 7, ...rest])?.kind);
      }),
    ));
});

describe('a frame', () => {
  it('holds envelopes in order', () => {
    const requests = Array.from({ length: 50 }, (_, n) => encodeRequest(n, 'm', n));
    expect(decodeFrame(Buffer.concat(requests)).map((envelope) => (envelope as { id: number }).id)).to.deep.equal(
      requests.map((_, n) => n),
    );
  });

  it('is refused whole when its bytes are no MessagePack: nothing in it can be trusted', () => {
    expectError('BAD_FRAME', () => decodeFrame(Buffer.concat([encodeReply(1, 'a'), Buffer.from([0xc1])])));
  });
});

describe('an error on its way out', () => {
  it('always finds a form: details without one stay behind', () => {
    const details = { set: new Set() };
    expect(decode(encodeError(1, { code: 'CONFLICT', message: 'm', hint: 'h', details }))).to.deep.equal([
      1,
      3,
      1,
      { code: 'CONFLICT', message: 'm', hint: 'h' },
    ]);
  });

  it('always fits: what is too large is cut', () => {
    const long = 'x'.repeat(100_000);
    const bytes = encodeError(1, { code: 'CONFLICT', message: long, hint: long, details: { long } }, 65_536);
    expect(bytes.length).to.be.lessThan(3 * limits.errorTextMax);
    expect(decode(bytes)).to.have.nested.property('[3].code', 'CONFLICT');
  });
});
