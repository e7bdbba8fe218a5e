/**
 * What a node keeps on disk and writes alone: the journal of its machine with the bodies that are files, and the table of
 * its processes. Opened all or none; what was found wrong with them on the way is told when the journal can take it.
 */
import type { Clock } from '../../common/core/clock.js';
import type { MeshError } from '../../common/core/errors.js';
import { bootId } from '../../common/core/process-scan.js';
import { BodyStore } from '../../common/journal/bodies/body-store.js';
import { Journal } from '../../common/journal/machine/journal.js';
import { ProcessStore } from '../../common/journal/processes/process-store.js';
import type { AgentLog } from '../../common/log/log.js';
import type { MachineFolder } from './machine/machine-folder.js';
import { ProcessTable } from './processes/process-table.js';
import { type Incident, incidents } from './records/incident.js';

export interface MachineStoresOptions {
  readonly folder: MachineFolder;
  readonly machine: string;
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly onFatal: (error: MeshError) => void;
}

export class MachineStores {
  /** @throws JOURNAL_FAILED, CONFLICT, CONFIG_INVALID */
  static async open({ folder, machine, clock, log, onFatal }: MachineStoresOptions): Promise<MachineStores> {
    const { store, findings } = ProcessStore.open({ file: folder.processes, wallMs: clock.wallMs() });
    const table = new ProcessTable(store, bootId(), clock, log);
    try {
      const bodies = new BodyStore(folder.bodies, clock);
      await bodies.open();
      const opened = await Journal.open({ file: folder.journal, machine, onFatal });
      const wrong = [
        ...opened.findings.map(incidents.found),
        ...findings.map(({ movedTo, reason }) => incidents.tableLost(movedTo, reason)),
      ];
      return new MachineStores(opened.journal, bodies, table, wrong);
    } catch (error) {
      table.close();
      throw error;
    }
  }

  private constructor(
    readonly journal: Journal,
    readonly bodies: BodyStore,
    readonly table: ProcessTable,
    readonly incidents: readonly Incident[],
  ) {}

  async close(): Promise<void> {
    this.table.close();
    await this.bodies.close();
    await this.journal.close();
  }
}
