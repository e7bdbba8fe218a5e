/** What goes wrong with a journal, as it is told on the error bus: one sentence each, with what was lost and what to do. */
import { systemClock } from '../../../common/core/clock.js';
import type { MeshError } from '../../../common/core/errors.js';
import type { Damage } from '../../../common/journal/machine/chain-run.js';
import type { JournalFinding } from '../../../common/journal/machine/journal-types.js';
import { type NewRecord, recordOf } from '../../../common/journal/record.js';
import {
  completeReport,
  ERRORS_STREAM,
  type ErrorReport,
  type ErrorReportInput,
} from '../../../common/protocol/errors/error-report.js';
import { encode } from '../../../common/protocol/frames/codec.js';

/** Who reports what the node itself has seen. */
export const NODE_AGENT = 'node';

export class Incident {
  readonly report: ErrorReport;

  constructor(input: ErrorReportInput) {
    this.report = completeReport({ severity: 'critical', component: 'journal', ...input });
  }

  /** As a record of the node; `epoch` 0 where the incarnation does not matter. */
  toRecord(agent: string = NODE_AGENT, epoch = 0): NewRecord {
    return recordOf(ERRORS_STREAM, systemClock.wallMs(), agent, epoch, encode(this.report));
  }
}

/** An older file has counts that were told since: it tells them again, and nobody can take that back. */
const AFTER_LOSS =
  'nothing is lost on main; new records go into a new journal; errors that the file held as counts were told once more when it was opened';

export const incidents = {
  tableRefused: ({ code, message }: MeshError): Incident =>
    new Incident({ code, message, component: 'registry', severity: 'error' }),

  damaged: ({ journalId, seq, reason, isRepaired }: Damage): Incident =>
    new Incident({
      code: 'JOURNAL_DAMAGED',
      severity: isRepaired ? 'warning' : 'critical',
      message: isRepaired
        ? `the hash of record ${seq} of journal ${journalId} was damaged; its content is proved and kept: ${reason}`
        : `record ${seq} of journal ${journalId} is damaged and cannot be delivered: ${reason}`,
      context: { journalId, seq, reason, next: 'check the disk, then run "mesh journal verify"' },
    }),

  journalFailed: (why: string): Incident =>
    new Incident({
      code: 'JOURNAL_DEGRADED',
      message: `the journal takes no records: ${why}`,
      context: { next: 'nothing is lost that was acknowledged, agents repeat the rest; look at the disk with "df"' },
    }),

  fileDamaged: (why: string): Incident =>
    new Incident({
      code: 'JOURNAL_FILE_DAMAGED',
      message: `a part of the journal can neither be read nor written: ${why}`,
      context: {
        next: 'check the disk; at its next start the node puts the file aside and begins a fresh one: what main does not have is in that file then',
      },
    }),

  restored: (backup: string, carriedCount: number | undefined, countedAgain: number): Incident =>
    new Incident({
      code: 'JOURNAL_RESTORED',
      severity: 'warning',
      message: `the journal was restored from ${backup}`,
      context: {
        backup,
        carriedCount: carriedCount ?? null,
        countedAgain,
        next:
          carriedCount === undefined
            ? 'what was there could not be read: what main does not have of it is in the file that was put aside'
            : 'nothing is lost on main; new records go into a new journal',
      },
    }),

  found: (finding: JournalFinding): Incident =>
    finding.kind === 'damaged'
      ? incidents.damaged(finding)
      : new Incident({
          code: 'JOURNAL_QUARANTINED',
          message: `the journal could not be read and was moved to ${finding.movedTo}: ${finding.reason}`,
          context: { ...finding, next: 'what it held and main has not is in that file: keep it' },
        }),

  tableLost: (movedTo: string, reason: string): Incident =>
    new Incident({
      code: 'PROCESS_TABLE_DAMAGED',
      component: 'process',
      message: `the table of processes could not be read and was moved to ${movedTo}: ${reason}`,
      context: {
        movedTo,
        next: 'what runs was found all the same; what somebody stopped or was quarantined is started',
      },
    }),

  rebooted: (machine: string, agents: readonly string[]): Incident =>
    new Incident({
      code: 'MACHINE_REBOOTED',
      severity: 'warning',
      component: 'process',
      message: `${machine} was booted anew, and ${agents.length} of its processes ended with it`,
      context: { agents: [...agents] },
    }),

  lostTail: (journalId: string, headSeq: number, missingCount: number, countedAgain: number): Incident =>
    new Incident({
      code: 'JOURNAL_LOST_TAIL',
      message: `main holds ${missingCount} records of journal ${journalId} that this machine has lost: it was restored from a backup, or its disk lost them`,
      context: { journalId, headSeq, missingCount, countedAgain, next: AFTER_LOSS },
    }),

  mainLostTail: (journalId: string, remoteSeq: number, ackedSeq: number): Incident =>
    new Incident({
      code: 'LOG_LOST_TAIL',
      message: `main had acknowledged journal ${journalId} up to ${ackedSeq} and holds it only up to ${remoteSeq}: what is still here is sent again`,
      context: { journalId, remoteSeq, ackedSeq },
    }),

  lostChain: (parentId: string, siblingId: string, countedAgain: number): Incident =>
    new Incident({
      code: 'JOURNAL_LOST_TAIL',
      message: `main holds journal ${siblingId}, which this machine wrote after ${parentId} and has lost: it was restored from a backup`,
      context: { journalId: parentId, siblingId, countedAgain, next: AFTER_LOSS },
    }),

  /** Stored as the first record of the journal under whose name the others follow. */
  conflict: (journalId: string, fromSeq: number): Incident =>
    new Incident({
      code: 'JOURNAL_CONFLICT',
      message: `main holds other records of journal ${journalId} from ${fromSeq} on: those of this machine follow in the journal of this report`,
      context: { journalId, fromSeq, next: 'two copies of this machine may have run: see "mesh status"' },
    }),
};
