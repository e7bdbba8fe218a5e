/**
 * What keeps lines from being read, told once when it begins and once when it ends. In each round the problems that exist
 * are noted; one that was not noted again is over.
 */
import { Alarm } from '../sdk/alarm.js';
import type { AgentContext } from '../sdk/define-agent.js';

interface Problem {
  readonly alarm: Alarm;
  message: string;
  facts: Record<string, unknown>;
  isNoted: boolean;
}

/** Different problems that are told one by one; more of them are one problem of many. */
const PROBLEMS_MAX = 32;

export class ProblemBoard {
  readonly #problems = new Map<string, Problem>();

  constructor(private readonly context: Pick<AgentContext, 'report' | 'log'>) {}

  /** @param key the same problem in the next round has the same key */
  note(key: string, message: string, facts: Record<string, unknown> = {}): void {
    const known = this.#problems.get(key);
    if (known === undefined && this.#problems.size >= PROBLEMS_MAX && key !== 'more') {
      this.note('more', `more than ${PROBLEMS_MAX} files or folders cannot be followed`);
      return;
    }
    const problem = known ?? { alarm: new Alarm(this.context), message, facts, isNoted: true };
    Object.assign(problem, { message, facts, isNoted: true });
    this.#problems.set(key, problem);
  }

  /** @returns when what had to be told is told; never rejects */
  async endRound(): Promise<void> {
    const told: Promise<void>[] = [];
    for (const [key, problem] of this.#problems) {
      const { alarm, message, facts, isNoted } = problem;
      problem.isNoted = false;
      const telling = alarm.update(isNoted, () => ({
        code: isNoted ? 'LOG_UNREADABLE' : 'LOG_READABLE',
        severity: isNoted ? 'warning' : 'info',
        component: 'log',
        message: isNoted ? message : `over: ${message}`,
        context: facts,
      }));
      if (!isNoted) telling.then(() => this.#forget(key, problem));
      told.push(telling);
    }
    await Promise.all(told);
  }

  #forget(key: string, problem: Problem): void {
    if (!problem.isNoted && !problem.alarm.isRaised) this.#problems.delete(key);
  }
}
