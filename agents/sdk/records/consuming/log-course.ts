/**
 * Whether main's log still goes on where a consumer was: its file may have been put back to an older state, or begun anew,
 * and give ids out again. Asked only when the log says that it was opened anew.
 */
import { MeshError } from '../../../../common/core/errors.js';
import { LogLineage } from '../../../../common/protocol/log-lineage.js';
import type { LogLink } from './log-link.js';

export class LogCourse {
  readonly #lineage = new LogLineage();

  constructor(private readonly link: LogLink) {}

  /** @param epoch what the log said of itself; undefined from one of an older release, which says nothing */
  isAt(epoch: string | undefined): boolean {
    return epoch === undefined || this.#lineage.isAt(epoch);
  }

  /** Whether the log ever said which opening of its file this is. */
  get isKnown(): boolean {
    return this.#lineage.isKnown;
  }

  /** The last id of the openings that were known from before, see `LogLineage`; undefined when the consumer ended meanwhile. @throws a refusal */
  async learn(): Promise<number | undefined> {
    const answer = await this.link.insist('log.openings', {});
    return answer === undefined ? undefined : this.#lineage.learn(answer.openings);
  }
}

export const logReplaced = (stream: string, what: string, lastSharedId: number): MeshError =>
  new MeshError('STALE_EPOCH', `main’s log was put back or begun anew: ${what}`, {
    hint: `Records of ${stream} that machines send again come twice; see "mesh status" on main for what became of its log.`,
    details: { stream, lastSharedId },
  });
