import { expect } from 'chai';
import { EmitQueue, type Unit } from '../../../agents/sdk/records/emitting/emit-queue.js';
import { Emitter } from '../../../agents/sdk/records/emitting/emitter.js';
import { systemClock } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { Input, Output } from '../../../common/protocol/catalogue.js';
import { decode, encode } from '../../../common/protocol/frames/codec.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import { fakeServer } from '../../support/fakes/fake-server.js';

type Emit = Input<'journal.emit'>;

/** A node that speaks the protocol and answers as the test says: it numbers what it is given, and remembers every request. */
class FakeNode {
  readonly requests: Emit[] = [];
  /** So often it cannot say how far a follower has read. */
  refusals = 0;
  answer: (request: Emit) => Output<'journal.emit'> | Promise<Output<'journal.emit'>> = (request) =>
    this.store(request);
  #seq = 0;
  #end: () => void = () => undefined;
  readonly #ending = new Promise<void>((resolve) => {
    this.#end = resolve;
  });
  readonly #server = fakeServer({
    'journal.checkpoint': () => {
      if (this.refusals-- > 0) throw new MeshError('QUEUE_FULL');
      return { value: encode(7) };
    },
    'journal.emit': (request) => {
      this.requests.push(request);
      return this.answer(request);
    },
  });

  async open(): Promise<string> {
    await this.#server.open();
    return this.#server.endpoint;
  }

  store({ records }: Emit): Output<'journal.emit'> {
    const firstSeq = this.#seq + 1;
    this.#seq += records.length;
    return { journalId: '0123456789abcdefghjk', firstSeq, hashes: records.map(() => Buffer.alloc(32, 7)) };
  }

  /** Holds every answer back until the end of the test. */
  hang(): void {
    this.answer = async (request) => {
      await this.#ending;
      return this.store(request);
    };
  }

  async close(): Promise<void> {
    this.#end();
    await this.#server.close();
  }
}

describe('the emitter of durable records', () => {
  let node: FakeNode;
  let client: RequestClient;
  let emitter: Emitter;

  beforeEach(async () => {
    node = new FakeNode();
    const endpoint = await node.open();
    client = new RequestClient({
      endpoint,
      name: 'echo@main',
      peer: 'the node',
      frameBytesMax: limits.controlFrameBytesMax,
    });
    emitter = new Emitter(client, { agent: 'echo', epoch: 9 }, systemClock);
  });
  afterEach(async () => {
    await emitter.close(0);
    client.close();
    await node.close();
  });

  const emit = (n: number) => emitter.emit([{ stream: 'notes', body: { n } }]);
  const bodies = (request: Emit | undefined) => request?.records.map(([, , body]) => decode(body));

  it('sends the keys of a record with it, and gives each the receipt that is its own', async () => {
    const hash = Buffer.alloc(32, 3);
    const journalId = 'kkkkkkkkkkkkkkkkkkkk';
    node.answer = (request) => ({
      ...node.store({ ...request, records: request.records.slice(0, 2) }),
      repeats: [{ index: 1, journalId, seq: 40, hash }],
    });
    const marked = [
      { stream: 'notes', body: 1, key: 'order-17' },
      { stream: 'notes', body: 2, dedupeKey: 'paid-17' },
      { stream: 'notes', body: 3 },
    ];
    const receipts = await emitter.emit(marked, undefined, 'a'.repeat(32));
    const trace = 'a'.repeat(32);
    expect(node.requests[0]?.records.map(([, , , marks]) => marks)).to.deep.equal([
      { trace, key: 'order-17' },
      { trace, dedupeKey: 'paid-17' },
      { trace },
    ]);
    expect(receipts.map(({ seq, repeated }) => [seq, repeated])).to.deep.equal([
      [1, undefined],
      [40, true],
      [2, undefined],
    ]);
    expect(receipts[1]).to.deep.equal({ journalId, seq: 40, hash: Uint8Array.from(hash), repeated: true });
    node.answer = (request) => node.store(request);
    await emitter.emit([{ stream: 'notes', body: 4 }]);
    expect(node.requests[1]?.firstSeq, 'a repeat has a number of its emitter all the same').to.equal(4);
  });

  it('costs nobody else that a dedupeKey is taken, and uses no number for it', async () => {
    node.answer = (request) => {
      const isTaken = request.records.some(([, , , marks]) => marks?.dedupeKey === 'taken');
      if (isTaken) throw new MeshError('CONFLICT', 'it is taken', { details: { dedupeKey: 'taken' } });
      return node.store(request);
    };
    const [before, refused, behind] = await Promise.allSettled([
      emit(1),
      emitter.emit([{ stream: 'notes', body: 2, dedupeKey: 'taken' }]),
      emit(3),
    ]);
    expect([before.status, refused.status, behind.status]).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(node.requests.map(({ firstSeq }) => firstSeq)).to.deep.equal([1, 1, 2, 2]);
  });

  it('refuses a key that is none', () => {
    for (const key of ['', 'k'.repeat(129), 'two\nlines', 'half \ud83d'])
      for (const keys of [{ key }, { dedupeKey: key }])
        expect(() => emitter.emit([{ stream: 'notes', body: 1, ...keys }])).to.throw(
          MeshError,
          'is no text of 1 to 128',
        );
  });

  it('asks for a checkpoint until it is answered', async () => {
    node.refusals = 2;
    expect(await emitter.checkpoint('turn')).to.equal(7);
  });

  it('has one batch in flight, and what comes meanwhile forms the next', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const arrived = new Promise<void>((resolve) => {
      node.answer = async (request) => {
        resolve();
        await gate;
        return node.store(request);
      };
    });
    const first = emit(1);
    await arrived;
    const rest = [emit(2), emit(3)];
    release();
    const receipts = (await Promise.all([first, ...rest])).flat();
    expect(receipts.map(({ seq }) => seq)).to.deep.equal([1, 2, 3]);
    expect(node.requests.map(({ firstSeq }) => firstSeq)).to.deep.equal([1, 2]);
    expect(bodies(node.requests[1])).to.deep.equal([{ n: 2 }, { n: 3 }]);
  });

  it('says which trace a record belongs to, and nothing where there is none', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    await Promise.all([emitter.emit([{ stream: 'notes', body: 1 }], undefined, trace), emit(2)]);
    expect(node.requests[0]?.records.map((record) => record.slice(3))).to.deep.equal([[{ trace }], []]);
  });

  it('takes an emit that comes in the very turn in which the last one was answered', async () => {
    for (let n = 1; n <= 50; n++) expect((await emit(n))[0]?.seq).to.equal(n);
  });

  it('repeats a batch unchanged until it is answered', async () => {
    node.answer = (request) => {
      if (node.requests.length < 3) throw new MeshError('JOURNAL_FAILED', 'the disk is full');
      return node.store(request);
    };
    const stored = emit(1);
    const later = emit(2);
    await Promise.all([stored, later]);
    expect(node.requests.slice(0, 3).map(bodies)).to.deep.equal([
      bodies(node.requests[0]),
      bodies(node.requests[0]),
      bodies(node.requests[0]),
    ]);
    expect(node.requests.slice(0, 3).map(({ firstSeq }) => firstSeq)).to.deep.equal([1, 1, 1]);
    expect(emitter.counters.repeats).to.equal(2);
  });

  it('rejects what the node refuses for good, and goes on with the next number', async () => {
    node.answer = (request) => {
      if (node.requests.length === 1) throw new MeshError('CONFLICT', 'another record has that number');
      return node.store(request);
    };
    const refused = await emit(1).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(MeshError).and.to.have.property('code', 'CONFLICT');
    await emit(2);
    expect(node.requests.map(({ firstSeq }) => firstSeq)).to.deep.equal([1, 2]);
  });

  it('stores a checkpoint with the records of its call, and closes the batch with it', async () => {
    await Promise.all([
      emitter.emit([{ stream: 'lines', body: 'a' }], { name: 'position', value: { offset: 7 } }),
      emitter.emit([{ stream: 'lines', body: 'b' }]),
    ]);
    expect(node.requests.map(({ checkpoint }) => checkpoint && decode(checkpoint.value))).to.deep.equal([
      { offset: 7 },
      undefined,
    ]);
  });

  it('refuses what is too large, or too much at once, and says so', () => {
    const codeOf = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        if (error instanceof MeshError) return error.code;
      }
      return 'taken';
    };
    const record = { stream: 'notes', body: 'x' };
    const large = 'x'.repeat(limits.recordBodyBytesMax + 1);
    expect(codeOf(() => emitter.emit([{ stream: 'errors', body: large }]))).to.equal('TOO_LARGE');
    expect(codeOf(() => emitter.emit(Array(limits.recordBatchMax + 1).fill(record)))).to.equal('TOO_LARGE');
    expect(codeOf(() => emitter.emit([]))).to.equal('TOO_LARGE');
  });

  it('holds an emit up while the journal cannot keep up, in order and in bounded room, and refuses what is beyond', async () => {
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    node.answer = async (request) => {
      await slow;
      return node.store(request);
    };
    const many = (n: number) => Array(limits.recordBatchMax).fill({ stream: 'notes', body: n });
    const inLine = limits.emitQueueMax / limits.recordBatchMax;
    const emits = Array.from({ length: inLine + 3 }, (_, n) => emitter.emit(many(n)));
    expect(emitter.counters).to.include({ queued: limits.emitQueueMax, waiting: 3, refused: 0 });
    for (let n = 3; n < limits.emitWaitersMax; n++) emits.push(emitter.emit([{ stream: 'notes', body: n }]));
    const refused = await emit(0).catch((error: unknown) => error);
    expect(refused).to.have.property('code', 'QUEUE_FULL');
    release();
    const receipts = (await Promise.all(emits)).flat();
    expect(receipts.map(({ seq }) => seq)).to.deep.equal(receipts.map((_, index) => index + 1));
    await emitter.close(limits.closeTimeoutMs);
    expect(emitter.counters).to.include({ queued: 0, waiting: 0, refused: 1, emitted: receipts.length });
  });

  it('refuses an emit that waited too long for room, and stores it nowhere', async () => {
    const queue = new EmitQueue(systemClock, 10);
    const unit = (heldBytes: number, reject: (error: MeshError) => void = () => undefined): Unit => ({
      records: [['notes', 1, new Uint8Array()]],
      ...{ bytes: heldBytes, heldBytes, large: [], checkpoint: undefined, resolve: () => undefined, reject },
    });
    queue.push(unit(limits.emitQueueBytesMax));
    const refusal = await new Promise<MeshError>((reject) => queue.push(unit(1, reject)));
    expect(refusal.code).to.equal('QUEUE_FULL');
    queue.settled(queue.take());
    expect(queue.take(), 'it has left').to.deep.equal([]);
  });

  it('costs nobody else what the node refuses of a batch', async () => {
    node.answer = (request) => {
      if (request.records.some(([stream]) => stream === 'secrets')) throw new MeshError('DENIED', 'others may');
      return node.store(request);
    };
    const outcomes = await Promise.allSettled([emit(1), emitter.emit([{ stream: 'secrets', body: 2 }]), emit(3)]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    await emit(4);
    expect(
      node.requests.map(({ firstSeq }) => firstSeq),
      'no number is left out',
    ).to.deep.equal([1, 1, 2, 2, 3]);
  });

  it('rejects what was not answered when it is closed', async () => {
    node.hang();
    const unanswered = emit(1).catch((error: unknown) => error);
    await emitter.close(10);
    expect(await unanswered).to.have.property('code', 'CLOSED');
  });
});
