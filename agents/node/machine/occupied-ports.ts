/** The ports of a machine before anything is started on them: those of processes that live already are theirs. */
import type { FleetConfig } from '../../../common/config/fleet-config.js';
import { checkPorts, listPorts, refuseTakenPorts } from '../../../common/config/machines/ports.js';
import { AGENT_VARIABLE, type FoundProcess } from '../../../common/core/process-scan.js';

/** @throws MeshError PORT_IN_USE naming each port that somebody else has, with file and line */
export async function refuseOccupiedPorts(
  fleet: FleetConfig,
  machine: string,
  found: readonly FoundProcess[],
): Promise<void> {
  const living = new Set(found.map(({ env }) => env[AGENT_VARIABLE]));
  const wanted = listPorts(fleet).filter((row) => row.machine === machine && !living.has(row.owner));
  refuseTakenPorts(await checkPorts(wanted));
}
