/**
 * A condition that is told on the error bus twice: when it is raised, and when it clears. Not an error at each look.
 *
 * It compares what is with what was told last, so a report that was refused (a full queue, an ending process) is told
 * at the next look, and a condition that came and went while nobody could be told is not told at all.
 */
import { messageOf } from '../../common/core/errors.js';
import type { ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import type { AgentContext } from './define-agent.js';

export class Alarm {
  #toldRaised = false;
  #telling: Promise<void> | undefined;

  constructor(private readonly context: Pick<AgentContext, 'report' | 'log'>) {}

  /** Whether it was told as raised and not yet as cleared. */
  get isRaised(): boolean {
    return this.#toldRaised;
  }

  /**
   * @param report what to tell, asked for only when there is something to tell
   * @returns when it is told; need not be awaited, and never rejects
   */
  update(isRaised: boolean, report: () => ErrorReportInput): Promise<void> {
    if (this.#telling !== undefined || isRaised === this.#toldRaised) return this.#telling ?? Promise.resolve();
    this.#telling = this.#tell(isRaised, report()).finally(() => {
      this.#telling = undefined;
    });
    return this.#telling;
  }

  async #tell(isRaised: boolean, report: ErrorReportInput): Promise<void> {
    try {
      await this.context.report(report);
      this.#toldRaised = isRaised;
    } catch (error) {
      this.context.log.warn({ report, reason: messageOf(error) }, 'a report was refused and is told again later');
    }
  }
}
