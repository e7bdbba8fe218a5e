/** Event loops are blocked: ZeroMQ goes on answering for them, the mesh sees it nevertheless, and takes nobody for dead. */
import { HANGING } from '../fleet/fault-world.js';
import type { Measure } from '../oracle/figures.js';
import { waitUntil } from '../wait-for.js';
import type { Fault } from './fault.js';

const REPLACED: Measure = { what: 'a blocked agent with a limit is replaced', unit: 'ms', of: 'max', atMost: 15_000 };
const FALSE_DEATHS: Measure = { what: 'blocked agents without a limit taken for dead', unit: '', of: 'sum', atMost: 0 };
const UNSEEN: Measure = { what: 'blocked agents that were not shown as busy', unit: '', of: 'sum', atMost: 0 };
const BLOCK_MS_SHORT = 5_000;
const BLOCK_MS_LONG = 60_000;

export const blockLoops: Fault = {
  name: 'block-loops',
  what: 'a worker with a limit blocks its event loop for ever, and one without for a while',
  round: (world, _random, isLong) =>
    world.sparing(HANGING, async () => {
      const { pc2 } = world.fleet;
      const hanging = await pc2.process('blocked');
      const patient = await pc2.process('blocked-patient');
      const blockedMs = performance.now();
      const blockMs = isLong ? BLOCK_MS_LONG : BLOCK_MS_SHORT;
      await pc2.call('blocked.block', { ms: 600_000 });
      await pc2.call('blocked-patient.block', { ms: blockMs });
      const replaced = async () => {
        await pc2.successor('blocked', hanging.epoch);
        world.figures.add(REPLACED, performance.now() - blockedMs);
      };
      const shown = async () => {
        await waitUntil(
          'the patient one to be busy',
          async () => (await pc2.process('blocked-patient')).state === 'busy',
        );
        world.figures.add(UNSEEN, 0);
        const isReady = async () => (await pc2.process('blocked-patient')).state === 'ready';
        await waitUntil('the patient one to be ready by itself', isReady, blockMs + MARGIN_MS);
      };
      await Promise.all([replaced(), shown()]);
      const { pid } = await pc2.process('blocked-patient');
      world.figures.add(FALSE_DEATHS, pid === patient.pid ? 0 : 1);
    }),
};

const MARGIN_MS = 15_000;
