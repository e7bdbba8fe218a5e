/** All processors are kept busy by others: slow is not dead, and nobody is started again. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './fault.js';

const BURNERS_PER_CORE = 2;
const LOAD_MS_SHORT = 2_000;
const LOAD_MS_LONG = 60_000;

export const load: Fault = {
  name: 'load',
  what: 'every processor is kept busy by programs that have nothing to do with the mesh',
  round: (world, _random, isLong) =>
    world.sparing([], async () => {
      const count = availableParallelism() * BURNERS_PER_CORE;
      const burners = Array.from({ length: count }, () =>
        spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
      );
      try {
        await pause(isLong ? LOAD_MS_LONG : LOAD_MS_SHORT);
      } finally {
        for (const burner of burners) burner.kill('SIGKILL');
      }
      await world.whole();
    }),
};
