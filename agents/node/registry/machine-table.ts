/** The machine's table as the registry gets it; the broker is part of the mesh, not of the agent set. Pure. */
import type { MachineConfig } from '../../../common/config/fleet-config.js';
import type { Health } from '../../../common/core/health-score.js';
import type { MachineTable } from '../../../common/protocol/registry-entry.js';
import { attachmentOf } from '../processes/incarnation.js';
import type { HealthBoard } from '../resources/health-board.js';
import type { Supervisor } from '../supervision/supervisor.js';

export interface MachineTableOptions {
  readonly machine: MachineConfig;
  readonly epoch: number;
  readonly revision: number;
  readonly supervisor: Supervisor;
  readonly health: Pick<HealthBoard, 'of'>;
}

export const machineTable = ({ machine, epoch, revision, supervisor, health }: MachineTableOptions): MachineTable => ({
  machine: machine.name,
  role: machine.role,
  epoch,
  revision,
  node: machine.endpoints.node,
  agents: supervisor.agents.map(({ name, epoch: incarnation, state, sinceMs, pid, attachment }) => ({
    agent: name,
    machine: machine.name,
    epoch: incarnation,
    state,
    sinceMs,
    pid,
    ...attachmentOf(attachment),
    ...tell(health.of(name, incarnation)),
  })),
});

const tell = (health: Health | undefined) =>
  health === undefined ? {} : { health: { ...health, reasons: [...health.reasons] } };
