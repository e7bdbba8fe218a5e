/**
 * The care of what a machine stores: its journal, and on main the log. Backs them up on schedule and when somebody asks,
 * walks their hashes, answers questions about them. All of it is done beside their writers, in processes of their own; what
 * is here only decides and tells. A backup on schedule that fails is told once, until one succeeds.
 */
import type { MachineConfig } from '../../../common/config/fleet-config.js';
import type { Clock } from '../../../common/core/clock.js';
import { MeshError, messageOf } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { BackupMade } from '../../../common/journal/care/backup.js';
import { listBackups } from '../../../common/journal/care/backup-folder.js';
import type { QueryAnswer } from '../../../common/journal/care/query.js';
import { type StoreKind, storeKinds } from '../../../common/journal/care/store-file.js';
import type { StoreVerdict } from '../../../common/journal/care/store-verdict.js';
import type { ErrorReportInput } from '../../../common/protocol/errors/error-report.js';
import type { MachineFolder } from '../machine/machine-folder.js';
import { isBackupDue } from './backup-schedule.js';
import { CareRunner } from './care-runner.js';
import { WalWatch } from './wal-watch.js';

export interface StoreCareOptions {
  readonly machine: Pick<MachineConfig, 'name' | 'role' | 'journal'>;
  readonly folder: Pick<MachineFolder, 'journal' | 'meshLog' | 'backups'>;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly onReport: (report: ErrorReportInput) => void;
}

const SCHEDULE_LOOK_MS = 60_000;

export class StoreCare {
  readonly #runner: CareRunner;
  readonly #failedMs = new Map<StoreKind, number>();
  readonly #wal: WalWatch;
  #schedule: NodeJS.Timeout | undefined;
  #walTimer: NodeJS.Timeout | undefined;
  /** Why there is no new backup; empty when there is one. */
  trouble = '';

  constructor(private readonly options: StoreCareOptions) {
    const { machine, folder, onReport } = options;
    this.#runner = new CareRunner(options.env);
    const log = machine.role === 'main' ? { log: folder.meshLog } : {};
    this.#wal = new WalWatch({ files: { journal: folder.journal, ...log }, onReport });
  }

  get jobs(): CareRunner['jobs'] {
    return this.#runner.jobs;
  }

  get folder(): string {
    return this.options.folder.backups;
  }

  get backups(): ReturnType<typeof listBackups> {
    return listBackups(this.folder, this.options.clock.wallMs());
  }

  /** What may become trouble, a sentence each. */
  get warnings(): readonly string[] {
    return this.#wal.warnings;
  }

  get counters(): Record<string, number> {
    return this.#wal.counters;
  }

  start(): void {
    this.#walTimer = setInterval(() => this.#wal.look(), limits.storeLookMs);
    if (this.options.machine.journal.backupEveryMs === 0) return;
    this.#schedule = setInterval(() => void this.#backUpWhatIsDue(), SCHEDULE_LOOK_MS);
    void this.#backUpWhatIsDue();
  }

  close(): void {
    clearInterval(this.#schedule);
    clearInterval(this.#walTimer);
    this.#runner.close();
  }

  /** @throws NOT_FOUND (no such store here), QUEUE_FULL, TIMED_OUT, JOURNAL_FAILED, JOURNAL_DAMAGED */
  backUp(kind: StoreKind): Promise<BackupMade> {
    const { machine, clock } = this.options;
    const options = {
      file: this.#fileOf(kind),
      kind,
      machine: machine.name,
      folder: this.folder,
      wallMs: clock.wallMs(),
      keep: machine.journal.backupsKept,
    };
    return this.#runner.run('backup', options, limits.careJobMsMax);
  }

  /** @throws as `backUp` */
  verify(kind: StoreKind): Promise<StoreVerdict> {
    return this.#runner.run('verify', { file: this.#fileOf(kind), kind }, limits.careJobMsMax);
  }

  /** @throws USAGE, and as `backUp` */
  query(kind: StoreKind, sql: string, rowsMax: number, timeoutMs: number): Promise<QueryAnswer> {
    return this.#runner.run('query', { file: this.#fileOf(kind), kind, sql, rowsMax }, timeoutMs);
  }

  async #backUpWhatIsDue(): Promise<void> {
    const { machine, clock } = this.options;
    for (const kind of storeKinds.filter((store) => store === 'journal' || machine.role === 'main')) {
      const nowMs = clock.wallMs();
      try {
        const newestMs = this.backups.find((backup) => backup.kind === kind)?.madeMs;
        if (!isBackupDue({ newestMs, failedMs: this.#failedMs.get(kind) }, machine.journal.backupEveryMs, nowMs))
          continue;
        await this.backUp(kind);
        this.#failedMs.delete(kind);
        if (this.#failedMs.size === 0) this.trouble = '';
      } catch (error) {
        this.#onFailure(kind, nowMs, error);
      }
    }
  }

  #onFailure(kind: StoreKind, nowMs: number, error: unknown): void {
    if (error instanceof MeshError && error.code === 'CLOSED') return;
    const isNew = !this.#failedMs.has(kind);
    this.#failedMs.set(kind, nowMs);
    this.trouble = `the ${kind} could not be backed up: ${messageOf(error)}`;
    if (!isNew) return;
    this.options.onReport({
      code: 'BACKUP_FAILED',
      severity: 'error',
      component: 'journal',
      message: this.trouble,
      context: { store: kind, next: 'it is tried again; look at the room on the disk of this machine with "df"' },
    });
  }

  #fileOf(kind: StoreKind): string {
    const { machine, folder } = this.options;
    if (kind === 'journal') return folder.journal;
    if (machine.role === 'main') return folder.meshLog;
    throw new MeshError('NOT_FOUND', `the log is on main, not on ${machine.name}`, { hint: 'Ask the node of main.' });
  }
}
