/**
 * Asks one probe again and again. One check at a time: one that does not answer is abandoned after its time, counts as a
 * failure, and the next is not begun before it has let go. After `stop` nothing is told any more.
 */
import type { ProbeSpec } from '../../../common/config/agents/agent-specs.js';
import { delay, systemClock } from '../../../common/core/clock.js';
import { messageOf } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { type Check, NO_ANSWER_YET, type Tally, tally, type Verdict } from './probe.js';

export interface ProbeRunnerOptions {
  readonly spec: Pick<ProbeSpec, 'intervalMs' | 'timeoutMs' | 'failures'>;
  readonly check: Check;
  /** eager: from now on, often at first · steady: every interval */
  readonly pace: 'eager' | 'steady';
  /** Called when the verdict is another one than before; for red with what was wrong last. */
  readonly onVerdict: (verdict: Verdict, why: string) => void;
}

export class ProbeRunner {
  /** What was wrong last; empty when the last answer was good. */
  why = '';
  readonly #stopped = new AbortController();
  #tally: Tally = NO_ANSWER_YET;
  #open: Promise<void> | undefined;

  constructor(private readonly options: ProbeRunnerOptions) {}

  start(): void {
    void this.#run();
  }

  /** Idempotent. A check that is under way is abandoned. */
  stop(): void {
    this.#stopped.abort();
  }

  async #run(): Promise<void> {
    const { pace, spec } = this.options;
    const { signal } = this.#stopped;
    let waitMs = pace === 'eager' ? 0 : spec.intervalMs;
    for (;;) {
      await delay(waitMs, signal).catch(() => undefined);
      if (this.#isStopped) return;
      const beganMs = systemClock.monotonicMs();
      const why = await this.#ask();
      if (this.#isStopped) return;
      this.#note(why);
      const tookMs = systemClock.monotonicMs() - beganMs;
      const nextMs = pace === 'eager' ? Math.max(limits.probeEagerMs, 2 * waitMs) : spec.intervalMs;
      waitMs = pace === 'eager' ? Math.min(nextMs, spec.intervalMs) : Math.max(0, nextMs - tookMs);
    }
  }

  /** Read anew: it changes while a check is awaited. */
  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  #note(why: string): void {
    this.why = why;
    const before = this.#tally.verdict;
    this.#tally = tally(this.#tally, why === '', this.options.spec.failures);
    const { verdict } = this.#tally;
    if (verdict !== undefined && verdict !== before) this.options.onVerdict(verdict, why);
  }

  /** What is wrong; empty when nothing is. */
  async #ask(): Promise<string> {
    const { check, spec } = this.options;
    if (this.#open !== undefined) return 'the check before this one does not end';
    const time = new AbortController();
    const abort = () => time.abort();
    const timer = setTimeout(abort, spec.timeoutMs);
    this.#stopped.signal.addEventListener('abort', abort, { once: true });
    const timedOut = new Promise<string>((resolve) => {
      time.signal.addEventListener('abort', () => resolve(`no answer within ${spec.timeoutMs} ms`), { once: true });
    });
    const answer = check(time.signal).then(
      () => '',
      (error: unknown) => messageOf(error),
    );
    this.#open = answer.then(() => {
      this.#open = undefined;
    });
    const why = await Promise.race([answer, timedOut]);
    clearTimeout(timer);
    this.#stopped.signal.removeEventListener('abort', abort);
    return why;
  }
}
