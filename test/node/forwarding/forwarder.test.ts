import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Forwarder } from '../../../agents/node/forwarding/forwarder.js';
import type { Incident } from '../../../agents/node/records/incident.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { Journal } from '../../../common/journal/machine/journal.js';
import { recordOf } from '../../../common/journal/record.js';
import type { Input, Output } from '../../../common/protocol/catalogue.js';
import { decode, encode } from '../../../common/protocol/frames/codec.js';
import { MethodTable } from '../../../common/wire/answering/method-table.js';
import { RequestServer } from '../../../common/wire/answering/request-server.js';
import { until } from '../../support/wait-for.js';

type Append = Input<'log.append'>;

/** A log that speaks the protocol, holds what it is sent, and answers otherwise where the test says so. */
class FakeLog {
  readonly held = new Map<string, Append['entries']>();
  siblingId: string | undefined;
  /** Undefined: it is of the first release. */
  marks: string[] | undefined;
  refusal: ((request: Append) => MeshError | undefined) | undefined;
  readonly #server = new RequestServer({
    endpoint: 'tcp://127.0.0.1:0',
    purpose: 'a fake log',
    frameBytesMax: limits.logFrameBytesMax,
    handle: new MethodTable().serve({
      'log.hello': ({ journalId }) => this.#hello(journalId),
      'log.append': (request) => this.#append(request),
    }).handle,
    onBug: (error) => {
      throw error;
    },
  });

  async open(): Promise<string> {
    await this.#server.open();
    return this.#server.endpoint;
  }

  close = () => this.#server.close();

  get count(): number {
    return [...this.held.values()].reduce((sum, entries) => sum + entries.length, 0);
  }

  #hello(journalId: string): Output<'log.hello'> {
    const headSeq = this.held.get(journalId)?.at(-1)?.[0] ?? 0;
    const { siblingId, marks } = this;
    const optional = { ...(siblingId === undefined ? {} : { siblingId }), ...(marks === undefined ? {} : { marks }) };
    return { headSeq, headHash: null, ...optional };
  }

  #append(request: Append): Output<'log.append'> {
    const refusal = this.refusal?.(request);
    if (refusal !== undefined) throw refusal;
    const held = [...(this.held.get(request.journalId) ?? []), ...request.entries];
    this.held.set(request.journalId, held);
    return { headSeq: held.at(-1)?.[0] ?? 0 };
  }
}

const bodyOf = (entry: Append['entries'][number]): Uint8Array => {
  if (entry.length === 3) throw new Error(`entry ${entry[0]} is a hole`);
  return entry[5];
};

describe('the forwarder', () => {
  let folder = '';
  let journal: Journal;
  let log: FakeLog;
  let endpoint = '';
  let forwarder: Forwarder;
  let incidents: Incident[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-forwarder-'));
    log = new FakeLog();
    endpoint = await log.open();
    incidents = [];
    journal = await open();
  });
  afterEach(async () => {
    await forwarder.close();
    await journal.close();
    await log.close();
    rmSync(folder, { recursive: true });
  });

  const open = async () => (await Journal.open({ file: join(folder, 'journal.db'), machine: 'pc2' })).journal;
  const append = (n: number) => journal.append({ records: [recordOf('notes', n, 'echo', 1, encode({ n }))] });
  function forward(options: { gatherMs?: number } = {}): Forwarder {
    forwarder = new Forwarder({
      journal,
      machine: 'pc2',
      endpoint,
      name: 'node@pc2',
      onIncident: (incident) => incidents.push(incident),
      onLink: () => undefined,
      ...options,
    });
    forwarder.start();
    return forwarder;
  }
  const delivered = async () => (await journal.status()).pendingCount === 0;

  it('delivers what is stored, acknowledges it, and goes on with what comes', async () => {
    await append(1);
    forward();
    await until(delivered);
    await append(2);
    forwarder.wake();
    await until(delivered);
    expect([...log.held.values()].flat().map(([seq]) => seq)).to.deep.equal([1, 2]);
    expect(forwarder.counters).to.include({ forwarded: 2, incidents: 0 });
  });

  it('sends what comes one by one in batches, and none of them right behind another', async () => {
    const gatherMs = 200;
    const startMs = performance.now();
    forward({ gatherMs });
    for (let n = 1; n <= 8; n++) {
      await append(n);
      forwarder.wake();
      if (n === 1) await until(() => log.count === 1);
    }
    await until(delivered);
    // A timer may be early by its own millisecond.
    const batchesMax = 1 + (performance.now() - startMs) / (gatherMs - 1);
    expect(forwarder.counters).to.include({ forwarded: 8 });
    expect(forwarder.counters.batches).to.be.at.most(batchesMax);
  });

  it('keeps what a main of an older release cannot take, with all behind it, says so, and goes on with a newer one', async () => {
    const marked = { ...recordOf('notes', 3, 'echo', 1, encode({ n: 3 })), key: 'order-3' };
    await journal.append({ records: [1, 2].map((n) => recordOf('notes', n, 'echo', 1, encode({ n }))) });
    await journal.append({ records: [marked] });
    await append(4);
    forward();
    await until(() => forwarder.trouble !== '');
    expect(log.count, 'what is before it').to.equal(2);
    expect(forwarder.trouble).to.equal('main’s broker is of an older release: it does not take records with a key');
    log.marks = ['trace'];
    const { failures } = forwarder.counters;
    await until(() => forwarder.counters.failures > failures + 1);
    expect(log.count, 'one that knows other marks').to.equal(2);
    log.marks.push('key');
    await until(delivered);
    expect([...log.held.values()].flat().map(([seq]) => seq)).to.deep.equal([1, 2, 3, 4]);
    await until(() => forwarder.trouble === '');
    expect(incidents).to.deep.equal([]);
  });

  it('sends again what was not answered', async () => {
    let isBusy = true;
    log.refusal = () => (isBusy ? new MeshError('QUEUE_FULL', 'busy') : undefined);
    await append(1);
    forward();
    await until(() => forwarder.counters.failures > 2);
    expect(forwarder.trouble).to.equal('busy');
    isBusy = false;
    await until(delivered);
    await until(() => forwarder.trouble === '');
    expect(log.count).to.equal(1);
  });

  it('sends under a new name what main holds otherwise, behind the incident that tells it', async () => {
    await append(1);
    const { journalId } = await journal.status();
    log.refusal = (request) =>
      request.journalId === journalId ? new MeshError('CONFLICT', 'another', { details: { seq: 1 } }) : undefined;
    forward();
    await until(delivered);
    expect(log.held.has(journalId)).to.equal(false);
    const [first, second, ...others] = [...log.held.values()].flat().map((entry) => decode(bodyOf(entry)));
    expect(first).to.include({ code: 'JOURNAL_CONFLICT' });
    expect([second, others]).to.deep.equal([{ n: 1 }, []]);
    expect([forwarder.counters.incidents, incidents]).to.deep.equal([1, []]);
  });

  it('tells once of a lost chain that is no longer in the file to be marked, and is not held up by it', async () => {
    const parentId = (await append(1)).journalId;
    await journal.acknowledge(parentId, 1);
    await journal.close();
    journal = await open();
    await journal.prune(0);
    log.siblingId = 'a'.repeat(20);
    await append(2);
    forward();
    await until(() => log.count === 2);
    const [record, incident] = [...log.held.values()].flat().map((entry) => decode(bodyOf(entry)));
    expect(record).to.deep.equal({ n: 2 });
    expect(incident).to.include({ code: 'JOURNAL_LOST_TAIL' });
    expect([forwarder.counters.incidents, incidents]).to.deep.equal([1, []]);
  });
});
