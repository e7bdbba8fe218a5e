/**
 * The requests of a client that are not answered yet, and which of them have waited too long. Pure: time comes in.
 *
 * A request waits until its deadline. A stream may have none: it lives as long as its callee shows signs of life, and one
 * that never left waits no longer than a request does.
 */
import type { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { RequestStream } from '../streams/request-stream.js';
import type { LinkEntry } from './dealer-link.js';
import { PendingTable } from './pending-table.js';
import type { Asker } from './promise-asker.js';
import { fellSilent, type PeerName, timedOut, unreachable } from './request-error.js';

export interface OutstandingRequest extends LinkEntry {
  readonly id: number;
  readonly asker: Asker;
  readonly method: string;
  /** Infinity for a stream that may take as long as it likes. */
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly stream: RequestStream | undefined;
  /** When it was made; of a stream: when its callee last showed that it is there. */
  seenMs: number;
}

export interface OverdueRequest {
  readonly request: OutstandingRequest;
  readonly error: MeshError;
}

export class OutstandingRequests extends PendingTable<OutstandingRequest> {
  constructor(private readonly peer: PeerName) {
    super();
  }

  overdue(nowMs: number): OverdueRequest[] {
    const overdue: OverdueRequest[] = [];
    for (const request of this.entries()) {
      const error = this.#latenessOf(request, nowMs);
      if (error !== undefined) overdue.push({ request, error });
    }
    return overdue;
  }

  /** Readers that read slowly tell their callees that they are still there. */
  tick(): void {
    for (const { stream } of this.entries()) stream?.onTick();
  }

  #latenessOf(request: OutstandingRequest, nowMs: number): MeshError | undefined {
    const { deadlineMs, timeoutMs, seenMs, stream, sent, method } = request;
    if (deadlineMs <= nowMs) return sent ? timedOut(this.peer, method, timeoutMs) : unreachable(this.peer, timeoutMs);
    if (stream === undefined) return undefined;
    const silenceMs = sent ? limits.streamSilenceMs : limits.requestTimeoutMs;
    if (nowMs - seenMs < silenceMs) return undefined;
    return sent ? fellSilent(this.peer, method, silenceMs) : unreachable(this.peer, silenceMs);
  }
}
