/**
 * How far the work on journals and log is, said while a command waits for it: one line that is written over on a terminal,
 * a line every few seconds elsewhere. Nothing for programs.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { delay } from '../../common/core/clock.js';
import type { Context } from '../command/context.js';
import { storeWord } from './store-option.js';

const LOOK_MS = 1_000;
const LINE_EVERY = 5;

/** The outcome of `work`, of which the machines are asked meanwhile how far they are. */
export async function withProgress<T>(
  context: Context,
  machines: readonly MachineConfig[],
  work: Promise<T>,
): Promise<T> {
  if (!context.output.isHuman) return work;
  const done = new AbortController();
  const telling = tell(context, machines, done.signal).catch(() => undefined);
  try {
    return await work;
  } finally {
    done.abort();
    await telling;
  }
}

async function tell(context: Context, machines: readonly MachineConfig[], signal: AbortSignal): Promise<void> {
  const access = await context.access();
  const { stderr } = context.output;
  const isTerminal = stderr.isTTY === true;
  for (let look = 1; ; look++) {
    await delay(LOOK_MS, signal).catch(() => undefined);
    if (signal.aborted) {
      if (isTerminal && look > 1) stderr.write('\r\x1b[K');
      return;
    }
    const answers = await access.askEach(machines, 'journal.progress', {});
    const parts = answers.flatMap((answer) =>
      'body' in answer
        ? answer.body.jobs.map(({ job, store, doneCount, totalCount }) => {
            const share = totalCount === 0 ? '' : ` ${Math.min(100, Math.floor((100 * doneCount) / totalCount))}%`;
            return `${storeWord(answer.machine.name, store)}: ${job}${share}`;
          })
        : [],
    );
    if (parts.length === 0 || signal.aborted) continue;
    if (isTerminal) stderr.write(`\r\x1b[K${parts.join(', ')}`);
    else if (look % LINE_EVERY === 0) context.output.note(parts.join(', '));
  }
}
