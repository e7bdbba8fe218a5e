/**
 * Whether a keeper starts its node again. Pure.
 *
 * Not again: a node that ended well, one that was asked to end, and one that never came up at all – what it said is
 * for whoever started it. Everything else comes back, for as long as it takes: a machine whose node is gone has nobody
 * who brings its agents back, so even a configuration that was spoilt meanwhile is tried again until it is mended.
 */
import { type BackoffPolicy, backoffMs } from '../../../common/core/backoff.js';

export interface NodeEnd {
  readonly code: number | null;
  /** It said that it can be asked. */
  readonly wasUp: boolean;
  readonly livedMs: number;
}

export interface Keeping {
  /** Some incarnation was up. */
  readonly everUp: boolean;
  /** Ends in a row without a stable run between them. */
  readonly failures: number;
}

export type Verdict =
  | { readonly kind: 'end'; readonly code: number }
  | { readonly kind: 'again'; readonly waitMs: number; readonly keeping: Keeping };

/** The first wait is short: the agents go on meanwhile, but what they emit waits for a node. */
const RESTART: BackoffPolicy = { firstMs: 200, maxMs: 15_000, factor: 2 };
/** A node that lived this long has proven itself: its end begins the waits anew. */
const STABLE_MS = 60_000;

/** @param asked somebody asked the keeper to end. @param random in [0, 1). */
export function keeperVerdict(end: NodeEnd, keeping: Keeping, asked: boolean, random: number): Verdict {
  const everUp = keeping.everUp || end.wasUp;
  if (end.code === 0 || asked || !everUp) return { kind: 'end', code: end.code ?? 1 };
  const failures = end.wasUp && end.livedMs >= STABLE_MS ? 1 : keeping.failures + 1;
  return { kind: 'again', waitMs: backoffMs(RESTART, failures, random), keeping: { everUp, failures } };
}
