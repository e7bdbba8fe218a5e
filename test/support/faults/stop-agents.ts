/**
 * A process stands still: it is busy and not dead. One with a limit is replaced, and what the old incarnation might still
 * say is refused; one without goes on where it stood.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { toMeshError } from '../../../common/core/errors.js';
import { HANGING } from '../fleet/fault-world.js';
import type { TestMachine } from '../fleet/test-machine.js';
import type { Measure } from '../oracle/figures.js';
import { waitUntil } from '../wait-for.js';
import type { Fault } from './fault.js';

const SEEN: Measure = { what: 'a stopped agent is shown as busy', unit: 'ms', of: 'max', atMost: 5_000 };
const REPLACED: Measure = { what: 'a stopped agent with a limit is replaced', unit: 'ms', of: 'max', atMost: 15_000 };
const LATE_WORDS: Measure = { what: 'late words of an old incarnation taken', unit: '', of: 'sum', atMost: 0 };
const FALSE_DEATHS: Measure = { what: 'stopped agents without a limit taken for dead', unit: '', of: 'sum', atMost: 0 };
const STOPPED_MS_LONG = 60_000;

export const stopAgents: Fault = {
  name: 'stop-agents',
  what: 'SIGSTOP to a worker with a limit, and to one without, which gets SIGCONT later',
  round: (world, _random, isLong) =>
    world.sparing(HANGING, async () => {
      const { pc2 } = world.fleet;
      const hanging = await pc2.process('stopped');
      const patient = await pc2.process('stopped-patient');
      for (const { pid } of [hanging, patient]) process.kill(pid, 'SIGSTOP');
      const stoppedMs = performance.now();
      const seen = async (agent: string) => {
        await waitUntil(`${agent} to be busy`, async () => (await pc2.process(agent)).state === 'busy');
        world.figures.add(SEEN, performance.now() - stoppedMs);
      };
      await Promise.all([seen('stopped'), seen('stopped-patient')]);
      await pc2.successor('stopped', hanging.epoch);
      world.figures.add(REPLACED, performance.now() - stoppedMs);
      world.figures.add(LATE_WORDS, (await isTaken(pc2, 'stopped', hanging.epoch)) ? 1 : 0);

      if (isLong) await pause(Math.max(0, stoppedMs + STOPPED_MS_LONG - performance.now()));
      process.kill(patient.pid, 'SIGCONT');
      await waitUntil(
        'the patient one to be ready',
        async () => (await pc2.process('stopped-patient')).state === 'ready',
      );
      const { pid } = await pc2.process('stopped-patient');
      world.figures.add(FALSE_DEATHS, pid === patient.pid ? 0 : 1);
    }),
};

/** Says what the old incarnation would say if it woke up now. */
async function isTaken(machine: TestMachine, agent: string, epoch: number): Promise<boolean> {
  try {
    await machine.ask('journal.emit', {
      agent,
      epoch,
      firstSeq: 1_000_000,
      records: [['work', 0, Uint8Array.of(0x80)]],
    });
    return true;
  } catch (error) {
    if (toMeshError(error).code === 'STALE_EPOCH') return false;
    throw error;
  }
}
