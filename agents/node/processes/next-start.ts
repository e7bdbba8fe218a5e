/** The next start of a process: whether it wishes for one, who asked for it, and what its budget says. Starts nothing. */
import type { RestartSpec } from '../../../common/config/agents/agent-specs.js';
import type { LaunchWish } from './launch-order.js';
import { NO_HISTORY, type RestartHistory, withStart } from './restart-policy.js';

export interface NextStartMemory {
  readonly history: RestartHistory;
  readonly restarts: number;
  readonly wish: LaunchWish;
  /** The next start follows an end. */
  readonly isRestart: boolean;
}

export class NextStart {
  /** Of the starts that nobody asked for. */
  history: RestartHistory;
  /** Starts that the node did by itself after an end. */
  restarts: number;
  wish: LaunchWish;
  #isAsked = false;
  #isRestart = false;
  #dueMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    { history, restarts, wish, isRestart }: NextStartMemory,
    private readonly monotonicMs: () => number,
    private readonly onDue: () => void,
  ) {
    this.history = history;
    this.restarts = restarts;
    this.wish = wish;
    this.#isRestart = isRestart;
  }

  /** How long until it starts again; undefined when it waits for no time. */
  get inMs(): number | undefined {
    return this.#dueMs === undefined ? undefined : Math.max(0, this.#dueMs - this.monotonicMs());
  }

  /** It stays as it is. */
  cancel(): void {
    this.#wishFor('none');
  }

  /** Somebody starts it: in its order, with a new budget, which this start is no part of. */
  release(): void {
    this.history = NO_HISTORY;
    this.#wishFor('order');
    this.#isAsked = true;
  }

  /** It was ended to be started again. */
  repeat(by: 'person' | 'node'): void {
    this.#wishFor('again');
    this.#isAsked = true;
    this.#isRestart = by === 'node';
  }

  /** It ended by itself. `waitMs` undefined: it comes when the whole machine is launched. */
  retry(history: RestartHistory, waitMs: number | undefined): void {
    this.history = history;
    this.#wishFor(waitMs === undefined ? 'order' : 'none');
    this.#isRestart = true;
    if (waitMs === undefined) return;
    this.#dueMs = this.monotonicMs() + waitMs;
    this.#timer = setTimeout(() => {
      this.#dueMs = undefined;
      this.wish = 'again';
      this.onDue();
    }, waitMs);
  }

  onLaunch(spec: RestartSpec): void {
    if (this.#isRestart) this.restarts++;
    if (!this.#isAsked) this.history = withStart(this.history, spec, this.monotonicMs());
    this.#wishFor('none');
  }

  #wishFor(wish: LaunchWish): void {
    clearTimeout(this.#timer);
    this.#dueMs = undefined;
    this.#isAsked = false;
    this.#isRestart = false;
    this.wish = wish;
  }
}
