/**
 * A program that is supervised stays in the foreground: its end is the end of what it does. One that starts itself anew in
 * the background and ends with 0 would be taken for one that is done, and would be started again and again beside what it
 * left; so that end is told as what it is.
 */
import { delay, systemClock } from '../../../common/core/clock.js';
import { durationText } from '../../../common/core/duration.js';
import type { Exit } from './exit.js';
import { remainsOf } from './process-remains.js';

/**
 * What an exit with 0 that nobody asked for comes to. What a shell leaves behind for a moment (the end of a pipe) may end by
 * itself; what still lives after that is the program, gone into the background.
 */
export async function foregroundExit(exit: Exit, env: Readonly<Record<string, string>>): Promise<Exit> {
  if (exit.code !== 0) return exit;
  const untilMs = systemClock.monotonicMs() + LINGER_MS;
  // Two looks: a process that is just becoming another program shows no environment for a moment.
  for (let emptyLooks = 0; ; ) {
    const { length: left } = remainsOf(env);
    emptyLooks = left === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks === 2) return exit;
    if (systemClock.monotonicMs() >= untilMs) return { ...exit, ...wentAway(left) };
    await delay(LOOK_AGAIN_MS);
  }
}

const wentAway = (left: number): Pick<Exit, 'reason' | 'hint'> => ({
  reason: `it went into the background: ${left === 1 ? 'a process' : `${left} processes`} of it lived on for ${durationText(LINGER_MS)} after exit code 0`,
  hint: 'let it stay in the foreground: most programs have an option for that, as in "nginx -g \'daemon off;\'"',
});

const LINGER_MS = 250;
const LOOK_AGAIN_MS = 25;
