/**
 * Time as an argument. Leases and timeouts use `monotonicMs`, which no administrator and no NTP step can move;
 * `wallMs` is only for what people and other machines read. Pure cores take `nowMs` instead of a clock.
 * This is the one file that asks what time it is.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
  /** Milliseconds since an arbitrary moment; never goes back. */
  monotonicMs(): number;
}

const { hrtime } = process;

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  // Not `performance.now()`: nothing else that starts needs the eight modules behind it, and it is no faster.
  monotonicMs: () => {
    const time = hrtime();
    return time[0] * 1_000 + time[1] / 1_000_000;
  },
};

/** One reading of both clocks: what a pure core gets instead of a clock. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export const momentOf = (clock: Clock): Moment => ({ wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() });

/** Resolves after `ms`; rejects at once with the signal's reason when it is aborted. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** `promise`, or `onTimeout()` thrown when it takes longer than `ms`. The promise itself goes on. */
export async function within<T>(promise: Promise<T>, ms: number, onTimeout: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
