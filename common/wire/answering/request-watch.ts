/**
 * The requests in hand whose handlers want to know whether somebody still waits, and what is learnt about that: a cancel,
 * a peer that has gone, a reader that forgot its stream.
 *
 * Most requests are never seen here. So a cancel may name one that nobody looked at yet: it is remembered, bounded, for when
 * somebody does. A connection's end does not say whose it was: the peers that are watched are then sent a sign, and the
 * socket tells which of them are not there.
 */
import type { Router } from 'zeromq';
import { systemClock } from '../../core/clock.js';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { interrupted } from '../asking/request-error.js';
import type { IncomingRequest } from './incoming-request.js';

export interface RequestWatchEvents {
  /** Nobody waits for it any more; it is no longer watched. */
  onAbandoned(request: IncomingRequest, reason: MeshError): void;
  /** Is its requester still there? */
  onDoubt(request: IncomingRequest): void;
}

/** Of one peer. */
interface Watched {
  readonly all: Set<IncomingRequest>;
  /** The latest of each number: a peer that uses one twice at once speaks of the later one. */
  readonly byId: Map<number, IncomingRequest>;
}

export class RequestWatch {
  readonly #peers = new Map<string, Watched>();
  readonly #cancels = new Set<string>();
  #disconnectCount = 0;
  #listening = false;
  #doubting: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly router: Router,
    private readonly events: RequestWatchEvents,
  ) {}

  get disconnectCount(): number {
    return this.#disconnectCount;
  }

  get size(): number {
    let size = 0;
    for (const { all } of this.#peers.values()) size += all.size;
    return size;
  }

  watch(request: IncomingRequest): void {
    const { peer, id, method, meta } = request;
    if (this.takeCancel(peer.key, id)) return this.events.onAbandoned(request, interrupted(method));
    this.#listen();
    let watched = this.#peers.get(peer.key);
    if (watched === undefined) {
      watched = { all: new Set(), byId: new Map() };
      this.#peers.set(peer.key, watched);
    }
    watched.all.add(request);
    watched.byId.set(id, request);
    if (meta.credit !== undefined) this.#sweeper ??= setInterval(() => this.#onSweep(), SWEEP_MS);
    if (request.disconnectsBefore !== this.#disconnectCount) this.events.onDoubt(request);
  }

  forget(request: IncomingRequest): void {
    const { peer, id } = request;
    const watched = this.#peers.get(peer.key);
    if (watched === undefined) return;
    watched.all.delete(request);
    if (watched.byId.get(id) === request) watched.byId.delete(id);
    if (watched.all.size === 0) this.#peers.delete(peer.key);
  }

  find(peerKey: string, id: number): IncomingRequest | undefined {
    return this.#peers.get(peerKey)?.byId.get(id);
  }

  onCancel(peerKey: string, id: number): void {
    const request = this.find(peerKey, id);
    if (request !== undefined) return this.abandon(request, interrupted(request.method));
    this.#cancels.add(cancelKey(peerKey, id));
    if (this.#cancels.size <= limits.cancelsKept) return;
    for (const oldest of this.#cancels) {
      this.#cancels.delete(oldest);
      return;
    }
  }

  /** True when a cancel came for a request that was not watched; it is forgotten then. */
  takeCancel(peerKey: string, id: number): boolean {
    return this.#cancels.size > 0 && this.#cancels.delete(cancelKey(peerKey, id));
  }

  onPeerGone(peerKey: string): void {
    for (const request of [...(this.#peers.get(peerKey)?.all ?? [])]) {
      this.abandon(request, new MeshError('CONNECTION_LOST', `whoever asked for ${request.method} has gone`));
    }
  }

  /** Gives up what is watched: streams alone, or all. */
  abandonAll(reason: MeshError, which: 'streams' | 'all'): void {
    for (const request of this.#all()) {
      if (which === 'all' || request.meta.credit !== undefined) this.abandon(request, reason);
    }
  }

  close(): void {
    clearTimeout(this.#doubting);
    clearInterval(this.#sweeper);
  }

  /** Gives one up. */
  abandon(request: IncomingRequest, reason: MeshError): void {
    this.forget(request);
    this.events.onAbandoned(request, reason);
  }

  #all(): IncomingRequest[] {
    return [...this.#peers.values()].flatMap(({ all }) => [...all]);
  }

  /** Not before somebody wants to know: a monitor costs a socket of its own. */
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.router.events.on('disconnect', () => {
      this.#disconnectCount++;
      this.#doubting ??= setTimeout(() => {
        this.#doubting = undefined;
        for (const { all } of this.#peers.values()) {
          const [first] = all;
          if (first !== undefined) this.events.onDoubt(first);
        }
      }, DOUBT_MS);
    });
  }

  #onSweep(): void {
    const nowMs = systemClock.monotonicMs();
    const streams = this.#all().filter(({ meta }) => meta.credit !== undefined);
    for (const request of streams) {
      const { stream, method } = request;
      if (stream?.isIdle(nowMs)) this.abandon(request, forgotten(method));
      else stream?.showSign(nowMs);
    }
    if (streams.length > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

const cancelKey = (peerKey: string, id: number) => `${id} ${peerKey}`;

const forgotten = (method: string) =>
  new MeshError('TIMED_OUT', `the reader of the stream of ${method} let nothing come for ${limits.streamIdleMs} ms`, {
    hint: 'read on, or cancel the stream',
  });

/** Connections often end together. */
const DOUBT_MS = 50;
const SWEEP_MS = 1_000;
