/**
 * The way of a machine's records to main: journal → log.
 *
 * I1  A record is sent only after its commit here, and counts as delivered only by main's answer, which main gives after
 *     its own commit. Whatever is cut or killed in between is sent again, and main knows it by (journal id, seq, hash).
 * I2  On every new connection both sides compare how far they are, chain by chain, before anything is sent.
 * I3  What cannot be delivered as it is (a damaged row, a tail that main has and this file lost, two chains under one
 *     name) is told once on the error bus; it never blocks what comes after it.
 * I4  One batch is in flight: order is kept, memory is bounded, and while it travels the next one grows.
 */
import { backoffMs } from '../../../common/core/backoff.js';
import { delay } from '../../../common/core/clock.js';
import { type MeshError, toMeshError } from '../../../common/core/errors.js';
import { failpoint } from '../../../common/core/failpoint.js';
import { limits } from '../../../common/core/limits.js';
import type { Journal } from '../../../common/journal/machine/journal.js';
import type { ChainState } from '../../../common/journal/machine/journal-types.js';
import type { Run } from '../../../common/journal/machine/record-table.js';
import type { ChainEntry, ChainPoint } from '../../../common/journal/record.js';
import type { Input } from '../../../common/protocol/catalogue.js';
import { marksOf } from '../../../common/protocol/record-marks.js';
import { Waiters } from '../../../common/registry/waiters.js';
import { RequestClient } from '../../../common/wire/request-client.js';
import { BatchSize } from './batch-size.js';
import { compareHello } from './hello-verdict.js';
import { type Incident, incidents } from './incident.js';

export interface ForwarderOptions {
  readonly journal: Journal;
  readonly machine: string;
  /** Main's log. */
  readonly endpoint: string;
  readonly name: string;
  /** Stores an incident as a record of this machine. */
  readonly onIncident: (incident: Incident) => void;
  readonly onLink: (up: boolean) => void;
}

const RETRY = { firstMs: 50, maxMs: 1_000, factor: 2 };

export class Forwarder {
  readonly counters = { forwarded: 0, batches: 0, failures: 0, incidents: 0 };
  readonly #client: RequestClient;
  readonly #ending = new AbortController();
  readonly #appended = new Waiters();
  readonly #greeted = new Set<string>();
  /** Chains that were told of as lost and could not be marked so. */
  readonly #toldUnmarked = new Set<string>();
  readonly #batchSize = new BatchSize();
  #running: Promise<void> | undefined;
  #idle = true;
  #trouble = '';

  constructor(private readonly options: ForwarderOptions) {
    this.#client = new RequestClient({
      endpoint: options.endpoint,
      name: options.name,
      peer: 'the log on main',
      frameBytesMax: limits.logFrameBytesMax,
      onLink: (up) => {
        if (!up) this.#greeted.clear();
        options.onLink(up);
      },
    });
  }

  /** Why records do not reach main although the link is up; empty while they do. */
  get trouble(): string {
    return this.#client.up ? this.#trouble : '';
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something was appended to the journal. */
  wake(): void {
    this.#idle = false;
    this.#appended.notify();
  }

  /** Gives what is stored up to `ms` to reach main. */
  async drain(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (!this.#idle && this.#client.up && performance.now() < until) await delay(20);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#appended.close();
    this.#client.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    for (let failures = 0; !signal.aborted; ) {
      const mark = this.#appended.mark;
      try {
        await this.#greetAll();
        await this.#sendAll();
        failures = 0;
        this.#trouble = '';
        this.#idle = mark === this.#appended.mark;
        // Also without news the sides are compared now and then: a chain may have been greeted before it was needed.
        await this.#appended.wait(limits.longPollMsMax, mark);
      } catch (error) {
        if (signal.aborted) return;
        this.#greeted.clear();
        this.counters.failures++;
        this.#trouble = toMeshError(error).message;
        await delay(backoffMs(RETRY, ++failures, Math.random()), signal).catch(() => undefined);
      }
    }
  }

  /** I2, for every chain that was not compared on this connection. */
  async #greetAll(): Promise<void> {
    const { chains } = await this.options.journal.status();
    for (const chain of chains) {
      if (this.#greeted.has(chain.journalId) || chain.status === 'lost-tail' || chain.status === 'superseded') continue;
      await this.#greet(chain);
      this.#greeted.add(chain.journalId);
    }
  }

  async #greet({ journalId, parentId, headSeq, ackedSeq, baseSeq, status }: ChainState): Promise<void> {
    const { journal, machine } = this.options;
    const remote = await this.#client.request('log.hello', { machine, journalId, parentId });
    const hashAtRemoteHead =
      remote.headSeq > 0 && remote.headSeq <= headSeq ? await journal.hashAt(journalId, remote.headSeq) : null;
    const local = { headSeq, ackedSeq, hashAtRemoteHead };
    const verdict = compareHello(local, { seq: remote.headSeq, hash: remote.headHash });
    if (remote.siblingId !== undefined && parentId !== null) {
      await this.#markLostTail(parentId, incidents.lostChain(parentId, remote.siblingId));
    }
    switch (verdict.kind) {
      case 'agree':
        if (remote.headSeq > ackedSeq) await journal.acknowledge(journalId, remote.headSeq);
        return;
      case 'rewind':
        this.#tell(incidents.mainLostTail(journalId, remote.headSeq, ackedSeq));
        // What is pruned here cannot follow main's head any more: the rest goes under a new name.
        if (remote.headSeq < baseSeq) return this.#reissue(journalId, baseSeq + 1);
        await journal.rewind(journalId, remote.headSeq);
        return;
      case 'conflict':
        return this.#reissue(journalId, ackedSeq + 1);
      case 'lost-tail':
        // The chain being written cannot be judged by its length: its next record is compared by its hash.
        if (status === 'open') return;
        await this.#markLostTail(journalId, incidents.lostTail(journalId, headSeq, verdict.missingCount));
    }
  }

  async #sendAll(): Promise<void> {
    let after: (ChainPoint & { readonly journalId: string }) | undefined;
    for (;;) {
      const bounds = { limit: limits.recordBatchMax, bytesMax: this.#batchSize.bytes };
      const run = await this.options.journal.readUnacked({ ...bounds, ...(after === undefined ? {} : { after }) });
      const last = run?.entries.at(-1);
      if (run === undefined || last === undefined) return;
      for (const damage of run.damaged) this.#tell(incidents.damaged(damage));
      const sent = await this.#send(run);
      // A refusal changed what is pending: read anew from what is acknowledged.
      after = sent ? { journalId: run.journalId, seq: last.seq, hash: last.hash } : undefined;
    }
  }

  /** False when main refused and what is pending goes under another name now. @throws what only a new comparison can settle */
  async #send({ journalId, previous, entries }: Run): Promise<boolean> {
    try {
      failpoint('forwarder.sending');
      const sentMs = performance.now();
      const { headSeq } = await this.#append(journalId, previous.hash, entries);
      failpoint('forwarder.answered');
      this.#batchSize.onAnswered(performance.now() - sentMs);
      await this.options.journal.acknowledge(journalId, headSeq);
      this.counters.batches++;
      this.counters.forwarded += entries.length;
      return true;
    } catch (error) {
      this.#batchSize.onFailed();
      await this.#onRefused(journalId, entries, toMeshError(error));
      return false;
    }
  }

  #append(journalId: string, previous: Uint8Array | null, entries: readonly ChainEntry[]) {
    const { machine } = this.options;
    return this.#client.request('log.append', { machine, journalId, previous, entries: entries.map(wireEntry) });
  }

  async #onRefused(journalId: string, entries: readonly ChainEntry[], error: MeshError): Promise<void> {
    const { seq, headSeq } = error.details ?? {};
    if (error.code === 'CONFLICT')
      return this.#reissue(journalId, typeof seq === 'number' ? seq : (entries[0]?.seq ?? 1));
    if (error.code === 'JOURNAL_GAP' && typeof headSeq === 'number')
      await this.options.journal.rewind(journalId, headSeq);
    throw error;
  }

  /** Two records under one name: ours go again under a name that main has never seen. */
  async #reissue(journalId: string, fromSeq: number): Promise<void> {
    const { journalId: renamed, reissuedCount } = await this.options.journal.reissue(journalId, fromSeq);
    this.#tell(incidents.conflict(journalId, fromSeq, renamed, reissuedCount));
  }

  /** Stored with the mark in one transaction: told once, whatever is killed in between. */
  async #markLostTail(journalId: string, incident: Incident): Promise<void> {
    try {
      if (!(await this.options.journal.markLostTail(journalId, incident.toRecord()))) return;
      this.counters.incidents++;
      this.wake();
    } catch (error) {
      if (toMeshError(error).code !== 'NOT_FOUND') throw error;
      // The chain is acknowledged, pruned and forgotten: there is no row to mark, and this node tells it once.
      if (this.#toldUnmarked.has(journalId)) return;
      this.#toldUnmarked.add(journalId);
      this.#tell(incident);
    }
  }

  #tell(incident: Incident): void {
    this.counters.incidents++;
    this.options.onIncident(incident);
  }
}

type WireEntry = Input<'log.append'>['entries'][number];

function wireEntry(entry: ChainEntry): WireEntry {
  if (entry.kind === 'hole') return [entry.seq, entry.hash, entry.reason];
  const { seq, tsMs, stream, agent, epoch, body, hash } = entry;
  const marks = marksOf(entry);
  return marks === undefined
    ? [seq, tsMs, stream, agent, epoch, body, hash]
    : [seq, tsMs, stream, agent, epoch, body, hash, marks];
}
