/** What a request client is told when it is made, and with each request. */
import type { RequestMeta } from '../../protocol/request-meta.js';

export interface RequestClientOptions {
  /** `tcp://host:port` or `ipc:///path` */
  readonly endpoint: string;
  /** Who asks, as the peer's logs show it; a random incarnation is appended. */
  readonly name: string;
  /** Whom it asks, for error texts: "the registry on main". */
  readonly peer: string;
  readonly frameBytesMax: number;
  /** The connection came up or went down. Called from the socket's monitor; must not throw. */
  readonly onLink?: (up: boolean) => void;
}

export interface RequestOptions {
  /** Default `limits.requestTimeoutMs`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Most requests say nothing else, and a copy of what may be in any form costs more than all the rest of it. */
export const timedMeta = (meta: RequestMeta, timeoutMs: number): RequestMeta => {
  const { from, priority, key, trace, timings } = meta;
  const isPlain = priority === undefined && key === undefined && trace === undefined && timings === undefined;
  if (isPlain) return from === undefined ? { timeoutMs } : { timeoutMs, from };
  return { ...meta, timeoutMs };
};
