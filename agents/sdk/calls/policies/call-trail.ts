/**
 * The latest calls of this process that were made under a policy, for whoever asks what the policy did: `mesh.calls`, and
 * through it `mesh policy test`. A call without a policy leaves no trace here, and costs nothing.
 *
 * Bounded: `limits.callTrailKept` calls, the oldest is forgotten; of a call every attempt, of which there are few.
 */
import { type Clock, systemClock } from '../../../../common/core/clock.js';
import { limits } from '../../../../common/core/limits.js';
import type { Input, Output } from '../../../../common/protocol/catalogue.js';

export type CallRecord = Output<'mesh.calls'>['calls'][number];
export type AttemptRecord = CallRecord['attempts'][number];

/** One call under way. */
export class CallNote {
  readonly #attempts: AttemptRecord[] = [];
  readonly #startedMs: number;
  readonly #startedWallMs: number;
  #waitedMs = 0;
  #fallback = '';

  /** @param service undefined for a call to whoever has a capability. */
  constructor(
    private readonly service: string | undefined,
    private readonly action: string,
    private readonly clock: Clock,
    private readonly onEnd: (record: CallRecord) => void,
  ) {
    this.#startedMs = clock.monotonicMs();
    this.#startedWallMs = clock.wallMs();
  }

  /** One attempt is over. @param code '' when it was answered well */
  attempt(attempt: AttemptRecord): void {
    if (this.#attempts.length <= limits.callRetriesMax) this.#attempts.push(attempt);
  }

  /** It stood before the bulkhead for so long. */
  waited(ms: number): void {
    this.#waitedMs = ms;
  }

  /** The caller got this instead of an error: `value`, or the target that was asked. */
  fellBack(to: string): void {
    this.#fallback = to;
  }

  /** The caller has its answer. @param code '' for a result */
  end(code: string): void {
    this.onEnd({
      tsMs: this.#startedWallMs,
      service: this.service ?? '',
      action: this.action,
      durationMs: this.clock.monotonicMs() - this.#startedMs,
      waitedMs: this.#waitedMs,
      attempts: this.#attempts,
      fallback: this.#fallback,
      code,
    });
  }
}

export class CallTrail {
  /** A ring: the next one takes the place of the oldest. */
  readonly #ring: CallRecord[] = [];
  #next = 0;
  readonly #keep = (record: CallRecord): void => {
    this.#ring[this.#next] = record;
    this.#next = (this.#next + 1) % limits.callTrailKept;
  };

  constructor(private readonly clock: Clock = systemClock) {}

  begin(service: string | undefined, action: string): CallNote {
    return new CallNote(service, action, this.clock, this.#keep);
  }

  /** In the order in which they ended. */
  list({ service, action, last = limits.callTrailKept }: Input<'mesh.calls'>): CallRecord[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
      .filter((record) => (service ?? record.service) === record.service && (action ?? record.action) === record.action)
      .slice(-last);
  }
}
