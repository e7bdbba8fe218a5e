import { counted } from '../../terminal/quantity.js';
import { answering, type Check, type Finding } from '../examination.js';

const PUT_BACK = 'check the disk; with main down, "mesh journal restore latest --log" puts a backup in its place';

/** Every journal, and main's log, store what they are given. */
export const journals: Check = {
  name: 'journals',
  look: (examination) => [...logFindings(examination.log), ...answering(examination).flatMap(journalFindings)],
};

type Sights = Parameters<Check['look']>[0];

function logFindings(log: Sights['log']): Omit<Finding, 'check'>[] {
  if (log === undefined) return [];
  const at = { severity: 'problem', machine: 'main', subject: 'log' } as const;
  if ('code' in log) return [{ ...at, what: log.message, next: log.hint ?? 'mesh ps' }];
  if (log.degraded === '') return [];
  const next = /\bdamaged\b/.test(log.degraded) ? PUT_BACK : 'make room on its disk; it goes on by itself';
  return [{ ...at, what: `works only in part: ${log.degraded}`, next }];
}

function journalFindings({
  machine,
  node: { journal },
}: ReturnType<typeof answering>[number]): Omit<Finding, 'check'>[] {
  const at = { severity: 'problem', machine, subject: `journal of ${machine}` } as const;
  if (journal === undefined) return [{ ...at, what: 'does not answer', next: `mesh logs node@${machine}` }];
  if (journal.degraded === '') return [];
  const pending = `${counted(journal.pendingCount, 'record')} not yet on main`;
  return [
    {
      ...at,
      what: `works only in part: ${journal.degraded} (${pending})`,
      next: `mesh journal status --machine ${machine}`,
    },
  ];
}
