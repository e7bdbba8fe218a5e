/**
 * The way of a machine's records to main: journal → log. Does what its core (`outbox.ts`) asks for, and promises with it:
 *
 * I1  A record is sent only after its commit here, and counts as delivered only by main's answer, which main gives after
 *     its own commit. Whatever is cut or killed in between is sent again, and main knows it by (journal id, seq, hash).
 * I2  On every new connection both sides compare how far they are, chain by chain, before anything is sent.
 * I3  What cannot be delivered as it is (a damaged row, a tail that main has and this file lost, two chains under one
 *     name) is told once on the error bus; it never blocks what comes after it.
 * I4  One batch is in flight: order is kept, memory is bounded, and while it travels the next one grows.
 */
import { backoffMs } from '../../../common/core/backoff.js';
import { delay, systemClock } from '../../../common/core/clock.js';
import { toMeshError } from '../../../common/core/errors.js';
import { failpoint } from '../../../common/core/failpoint.js';
import { limits } from '../../../common/core/limits.js';
import type { Journal } from '../../../common/journal/machine/journal.js';
import type { Run } from '../../../common/journal/machine/record-table.js';
import type { ChainEntry } from '../../../common/journal/record.js';
import type { Input } from '../../../common/protocol/catalogue.js';
import { marksOf } from '../../../common/protocol/record-marks.js';
import { Waiters } from '../../../common/registry/waiters.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import type { Incident } from '../records/incident.js';
import { emptyOutbox, type OutboxCounters, type OutboxState, step } from './outbox.js';
import type { Ask, OutboxEvent } from './outbox-ask.js';

export interface ForwarderOptions {
  readonly journal: Journal;
  readonly machine: string;
  /** Main's log. */
  readonly endpoint: string;
  readonly name: string;
  /** Stores an incident as a record of this machine. */
  readonly onIncident: (incident: Incident) => void;
  readonly onLink: (up: boolean) => void;
  /** From one batch to the next, at least; default: `limits.forwardGatherMs`. */
  readonly gatherMs?: number;
}

const RETRY = { firstMs: 50, maxMs: 1_000, factor: 2 };

export class Forwarder {
  readonly #client: RequestClient;
  readonly #ending = new AbortController();
  readonly #appended = new Waiters();
  #state: OutboxState;
  /** Of what was appended when the journal was read last from its beginning. */
  #mark = 0;
  /** When the journal was read last for what is to be sent. */
  #readMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #idle = true;

  constructor(private readonly options: ForwarderOptions) {
    this.#state = { ...emptyOutbox, countedBefore: options.journal.countedBefore };
    this.#client = new RequestClient({
      endpoint: options.endpoint,
      name: options.name,
      peer: 'the log on main',
      frameBytesMax: limits.logFrameBytesMax,
      onLink: (up) => {
        if (!up) this.#take({ kind: 'cut' });
        options.onLink(up);
      },
    });
  }

  get counters(): OutboxCounters {
    return this.#state.counters;
  }

  /** Why records do not reach main although the link is up; empty while they do. */
  get trouble(): string {
    return this.#client.up ? this.#state.trouble : '';
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
    const until = systemClock.monotonicMs() + ms;
    while (!this.#idle && this.#client.up && systemClock.monotonicMs() < until) await delay(20);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#appended.close();
    this.#client.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    for (let { asked } = this.#state; ; ) {
      const event = await this.#answer(asked).catch(
        (error: unknown): OutboxEvent => ({ kind: 'failed', error: toMeshError(error) }),
      );
      if (signal.aborted) return;
      asked = this.#take(event) ?? asked;
    }
  }

  /** What is to be done next; undefined: what is done already. */
  #take(event: OutboxEvent): Ask | undefined {
    const { state, ask, tell } = step(this.#state, event, systemClock.monotonicMs());
    this.#state = state;
    for (const incident of tell) this.options.onIncident(incident);
    return ask;
  }

  async #answer(ask: Ask): Promise<OutboxEvent> {
    const { journal, machine } = this.options;
    switch (ask.kind) {
      case 'list':
        this.#mark = this.#appended.mark;
        return { kind: 'listed', chains: (await journal.status()).chains };
      case 'greet': {
        const { journalId, parentId } = ask.chain;
        return { kind: 'held', remote: await this.#client.request('log.hello', { machine, journalId, parentId }) };
      }
      case 'hash':
        return { kind: 'hashed', hash: await journal.hashAt(ask.chain.journalId, ask.remote.headSeq) };
      case 'acknowledge':
        await journal.acknowledge(ask.journalId, ask.seq);
        return { kind: 'done' };
      case 'rewind':
        await journal.rewind(ask.journalId, ask.seq);
        return { kind: 'done' };
      case 'reissue':
        await journal.reissue(ask.journalId, ask.fromSeq, ask.incident.toRecord());
        return { kind: 'done' };
      case 'mark':
        return { kind: 'marked', isNews: await journal.markLostTail(ask.journalId, ask.incident.toRecord()) };
      case 'read': {
        await this.#gather();
        const { bytesMax, after } = ask;
        const bounds = { limit: limits.recordBatchMax, bytesMax };
        return {
          kind: 'read',
          run: await journal.readUnacked({ ...bounds, ...(after === undefined ? {} : { after }) }),
        };
      }
      case 'send':
        return { kind: 'accepted', headSeq: await this.#send(ask.run) };
      case 'rest':
        this.#idle = this.#mark === this.#appended.mark;
        // Also without news the sides are compared now and then: a chain may have been greeted before it was needed.
        await this.#appended.wait(limits.longPollMsMax, this.#mark);
        return { kind: 'woken' };
      case 'pause':
        await delay(backoffMs(RETRY, ask.failures, Math.random()), this.#ending.signal).catch(() => undefined);
        return { kind: 'woken' };
    }
  }

  /** The first record after a rest goes at once; those behind it go together, so that each batch is worth its commits. */
  async #gather(): Promise<void> {
    const { gatherMs = limits.forwardGatherMs } = this.options;
    const restMs = this.#readMs + gatherMs - systemClock.monotonicMs();
    if (restMs > 0) await delay(restMs, this.#ending.signal);
    this.#readMs = systemClock.monotonicMs();
  }

  async #send({ journalId, previous, entries }: Run): Promise<number> {
    const { machine } = this.options;
    failpoint('forwarder.sending');
    const batch = { machine, journalId, previous: previous.hash, entries: entries.map(wireEntry) };
    const { headSeq } = await this.#client.request('log.append', batch);
    failpoint('forwarder.answered');
    return headSeq;
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
