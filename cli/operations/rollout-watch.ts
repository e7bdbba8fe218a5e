/** Follows the rollout of one machine to its end, and tells each step as it changes. */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { delay, systemClock } from '../../common/core/clock.js';
import { MeshError, toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { FleetAccess } from '../fleet/fleet-access.js';
import { type RolloutBody, type RolloutRow, stepRow } from '../rows/rollout-row.js';

const POLL_MS = 100;
/** A node that was killed is started again by its keeper within that. */
const PATIENCE_MS = 15_000;

export interface RolloutWatch {
  readonly machine: MachineConfig;
  readonly access: FleetAccess;
  readonly signal: AbortSignal;
  readonly onStep: (row: RolloutRow) => void;
}

/** @throws MeshError DEGRADED when the node was started anew meanwhile: what is left is for the next reload; UNREACHABLE */
export async function followRollout(watch: RolloutWatch): Promise<RolloutBody> {
  const told = new Map<string, string>();
  let heardMs = systemClock.monotonicMs();
  for (;;) {
    const seen = await look(watch, heardMs);
    if (seen !== undefined) {
      heardMs = systemClock.monotonicMs();
      for (const step of seen.steps) {
        if (step.state === 'waiting' || told.get(step.agent) === step.state) continue;
        told.set(step.agent, step.state);
        watch.onStep(stepRow(watch.machine.name, step));
      }
      if (seen.state === 'done' || seen.state === 'rolled-back') return seen;
      if (seen.state === 'none') throw startedAnew(watch.machine.name);
    }
    await delay(POLL_MS, watch.signal);
  }
}

async function look({ machine, access }: RolloutWatch, heardMs: number): Promise<RolloutBody | undefined> {
  try {
    const node = await access.node(machine);
    return await node.request('node.rollout', {}, { timeoutMs: limits.cliConnectTimeoutMs });
  } catch (error) {
    if (systemClock.monotonicMs() - heardMs > PATIENCE_MS) throw toMeshError(error);
    return undefined;
  }
}

const startedAnew = (machine: string): MeshError =>
  new MeshError('DEGRADED', `the node of ${machine} was started anew in the middle of its rollout`, {
    hint: `agents that it had not reached run with their older words: run "mesh reload ${machine}" to go on`,
  });
