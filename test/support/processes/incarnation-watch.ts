/**
 * Looks ten times a second whether an agent runs twice: two living processes that were started as different incarnations
 * of the same agent of the same machine. (What an agent itself starts bears the number of its incarnation.) Each such sight
 * is kept as one sentence; `samples` and `longestGapMs` say how well it looked.
 */
import { residents } from './process-census.js';

const SAMPLE_MS = 100;

export class IncarnationWatch {
  readonly doubles = new Set<string>();
  samples = 0;
  longestGapMs = 0;
  readonly #tokens: ReadonlySet<string>;
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();

  constructor(tokens: readonly string[]) {
    this.#tokens = new Set(tokens);
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.samples++;
    const seen = new Map<string, { readonly pid: number; readonly epoch: number }>();
    for (const { token, agent, pid, epoch, isLeader } of residents(this.#tokens)) {
      if (!isLeader || epoch === undefined) continue;
      const key = `${token} ${agent}`;
      const other = seen.get(key);
      if (other !== undefined && other.epoch !== epoch) this.doubles.add(`${agent} ran as ${other.pid} and as ${pid}`);
      seen.set(key, { pid, epoch });
    }
  }
}
