/** What a node answers to those who report errors: each is stored or counted before it is answered. */
import type { Clock } from '../../../common/core/clock.js';
import type { ReportPlace } from '../../../common/journal/folds/fold-table.js';
import type { Input, Output } from '../../../common/protocol/catalogue.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';
import type { NodeJournal } from '../records/node-journal.js';
import { ReportSealer } from '../records/report-sealer.js';
import type { Supervisor } from '../supervision/supervisor.js';

export interface ReportMethodsOptions {
  readonly records: Pick<NodeJournal, 'takeReports'>;
  /** The node's: that of whoever reports without saying its own. */
  readonly epoch: number;
  readonly supervisor: Pick<Supervisor, 'findIfAny'>;
  /** @throws DENIED */
  readonly assertMayReport: (agent: string) => void;
  readonly clock: Clock;
}

export function reportMethods(options: ReportMethodsOptions): MethodHandlers {
  const sealer = new ReportSealer();
  return {
    'error.report': (input) => takeOne(options, sealer, input),
    'error.reports': (input) => takeBatch(options, sealer, input),
  };
}

async function takeOne(
  { records, epoch, assertMayReport, clock }: ReportMethodsOptions,
  sealer: ReportSealer,
  { agent, report }: Input<'error.report'>,
): Promise<Output<'error.report'>> {
  assertMayReport(agent);
  const sealed = sealer.seal(report, { agent, epoch, account: agent, tsMs: clock.wallMs(), trace: '' });
  const [place] = await records.takeReports({ reports: [sealed] });
  const { journalId, seq, isFolded } = place as ReportPlace;
  return { journalId, seq, ...(isFolded ? { folded: true } : {}) };
}

async function takeBatch(
  { records, supervisor, assertMayReport }: ReportMethodsOptions,
  sealer: ReportSealer,
  { agent, epoch, firstSeq, reports }: Input<'error.reports'>,
): Promise<Output<'error.reports'>> {
  // As for records: of two incarnations the later one's words count.
  supervisor.findIfAny(agent)?.assertNotStale(epoch);
  assertMayReport(agent);
  const sealed = reports.map(({ report, tsMs, trace = '' }) =>
    sealer.seal(report, { agent, epoch, account: agent, tsMs, trace }),
  );
  const places = await records.takeReports({ reports: sealed, reporter: { id: `${agent}#${epoch}`, firstSeq } });
  return { places: places.map(({ journalId, seq, hash, isFolded }) => ({ journalId, seq, hash, folded: isFolded })) };
}
