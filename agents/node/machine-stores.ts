/**
 * What a node keeps on disk and writes alone: the journal of its machine, and the table of its processes. Opened both or
 * none; what was found wrong with them on the way is told when the journal can take it.
 */
import type { Clock } from '../../common/core/clock.js';
import type { MeshError } from '../../common/core/errors.js';
import { bootId } from '../../common/core/process-scan.js';
import { Journal } from '../../common/journal/machine/journal.js';
import { ProcessStore } from '../../common/journal/processes/process-store.js';
import type { AgentLog } from '../../common/log/log.js';
import type { MachineFolder } from './machine-folder.js';
import { type Incident, incidents } from './records/incident.js';
import { ProcessTable } from './supervision/process-table.js';

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
      const opened = await Journal.open({ file: folder.journal, machine, onFatal });
      const wrong = [
        ...opened.findings.map(incidents.found),
        ...findings.map(({ movedTo, reason }) => incidents.tableLost(movedTo, reason)),
      ];
      return new MachineStores(opened.journal, table, wrong);
    } catch (error) {
      table.close();
      throw error;
    }
  }

  private constructor(
    readonly journal: Journal,
    readonly table: ProcessTable,
    readonly incidents: readonly Incident[],
  ) {}

  async close(): Promise<void> {
    this.table.close();
    await this.journal.close();
  }
}
