/**
 * Answers `node.logs`: a page of lines with their times, and where the next one begins. The first question says where to
 * begin (the last lines, a time); each further one goes on at an offset, for as long as the log has the same id.
 */
import { type Clock, delay } from '../../../common/core/clock.js';
import type { Input, Output } from '../../../common/protocol/catalogue.js';
import type { LogChain } from './log-chain.js';
import { type LogPage, pageAfter, startOfLast, startOfTime, timesOf } from './log-lines.js';

const LINES_DEFAULT = 100;
/** How often a log is looked at for somebody who waits: faster than a reader notices. */
const POLL_MS = 200;

type Question = Input<'node.logs'>;
type Answer = Output<'node.logs'>;

/** With `waitMs` the answer is held until there is a line. */
export async function answerLogs(chain: LogChain, question: Question, clock: Clock): Promise<Answer> {
  const { offset, file, waitMs = 0 } = question;
  if (offset === undefined) return answerOf(chain, pageAfter(chain, await firstOffset(chain, question, clock)), clock);
  const untilMs = clock.monotonicMs() + waitMs;
  for (;;) {
    const page = pageAfter(chain, placeOf(chain, offset, file));
    const isSkipping = page.startOffset > offset; // to be told, even if there is no line yet
    if (page.lines.length > 0 || isSkipping || clock.monotonicMs() >= untilMs) return answerOf(chain, page, clock);
    await delay(POLL_MS);
  }
}

async function firstOffset(chain: LogChain, { last, sinceMs }: Question, clock: Clock): Promise<number> {
  const since = sinceMs === undefined ? chain.start : await startOfTime(chain, sinceMs, clock.wallMs());
  if (last === undefined && sinceMs !== undefined) return since;
  return Math.max(since, await startOfLast(chain, last ?? LINES_DEFAULT));
}

/** All of another log, which somebody began after deleting the first; of one that lost its end, what is there now. */
function placeOf(chain: LogChain, offset: number, file: string | undefined): number {
  if (file !== undefined && file !== chain.id) return chain.start;
  return offset > chain.end ? chain.base : offset;
}

function answerOf(chain: LogChain, page: LogPage, clock: Clock): Answer {
  const { startOffset, nextOffset, lines } = page;
  const times = lines.length === 0 ? [] : timesOf(page, chain.times.entries(), clock.wallMs());
  return { file: chain.id, startOffset, nextOffset, endOffset: chain.end, lines, times };
}
