/** An agent falls at every start: it is left alone after a few, with one error; whoever starts it gets a new budget. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRAIL_STARTS } from '../fleet/fault-world.js';
import type { Measure } from '../oracle/figures.js';
import { storedErrors } from '../oracle/main-log.js';
import { waitUntil } from '../wait-for.js';
import type { Fault } from './fault.js';

const STARTS: Measure = { what: 'starts before a quarantine', unit: '', of: 'max', atMost: FRAIL_STARTS };
const ERRORS: Measure = { what: 'errors too many or too few about a quarantine', unit: '', of: 'sum', atMost: 0 };

export const crashLoop: Fault = {
  name: 'crash-loop',
  what: 'an agent ends with 1 at every start; later somebody starts it again',
  round: (world) =>
    world.sparing(['frail@pc2'], async () => {
      const { main, pc2 } = world.fleet;
      const deadly = join(pc2.home, 'deadly');
      const starts = () => readFileSync(join(pc2.home, 'diary'), 'utf8').split('\n').length - 1;
      const told = () =>
        storedErrors(main.logFile).reduce((sum, { code, count }) => (code === 'QUARANTINED' ? sum + count : sum), 0);
      const startsBefore = starts();
      const toldBefore = told();
      writeFileSync(deadly, '');
      await pc2.kill('frail');
      await waitUntil('frail to be left alone', async () => (await pc2.process('frail')).state === 'quarantined');
      world.figures.add(STARTS, starts() - startsBefore);
      await waitUntil('main to hear of it', () => told() > toldBefore);
      world.figures.add(ERRORS, Math.abs(told() - toldBefore - 1));

      rmSync(deadly);
      const { epoch } = await pc2.process('frail');
      await pc2.ask('node.start', { agent: 'frail' });
      await pc2.successor('frail', epoch);
    }),
};
