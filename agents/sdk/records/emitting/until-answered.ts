/** Asking a node until it answers: what was asked for, or a refusal that a repeat would meet again. */
import { backoffMs } from '../../../../common/core/backoff.js';
import { delay } from '../../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../../common/core/errors.js';

export interface Asking {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** What is unknown when it was ended: the rest of the error's sentence. */
  readonly otherwise: string;
  readonly onRepeat: () => void;
}

/** @throws what is not worth a repeat; CLOSED when it was ended first */
export async function untilAnswered<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  { signal, otherwise, onRepeat }: Asking,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(signal);
    } catch (error) {
      const { code, retryable } = toMeshError(error);
      const unanswered = code === 'TIMED_OUT' || code === 'CONNECTION_LOST';
      if (signal.aborted) throw new MeshError('CLOSED', `the agent ended before the journal answered: ${otherwise}`);
      if (!retryable && !unanswered) throw error;
      onRepeat();
      await delay(backoffMs(REPEAT, attempt, Math.random()), signal).catch(() => undefined);
    }
  }
}

const REPEAT = { firstMs: 20, maxMs: 1_000, factor: 2 };
