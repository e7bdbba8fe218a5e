/** What a node's control socket answers about the care of what its machine stores. */
import { limits } from '../../../common/core/limits.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';
import type { StoreCare } from './store-care.js';

export const careMethods = (care: StoreCare): MethodHandlers => ({
  'journal.verify': async ({ store = 'journal' }) => {
    const { findings, forks, ...counts } = await care.verify(store);
    return {
      ...counts,
      damaged: [...findings],
      forks: forks.map(({ parentId, journalIds }) => ({ parentId, journalIds: [...journalIds] })),
    };
  },
  'journal.backup': async ({ store = 'journal' }) => {
    const { name, sizeBytes, verdict, dropped } = await care.backUp(store);
    const damagedCount = verdict.damagedCount + verdict.missingCount;
    return { name, sizeBytes, checkedCount: verdict.checkedCount, damagedCount, dropped: [...dropped] };
  },
  'journal.backups': () => ({
    folder: care.folder,
    backups: care.backups.map(({ kind, ...backup }) => ({ store: kind, ...backup })),
  }),
  'journal.query': async ({
    store = 'journal',
    sql,
    rowsMax = limits.queryRowsDefault,
    timeoutMs = limits.queryMsDefault,
  }) => {
    const { columns, rows, isCut } = await care.query(store, sql, rowsMax, timeoutMs);
    return { columns: [...columns], rows: rows.map((row) => [...row]), isCut };
  },
  'journal.progress': () => ({ jobs: care.jobs }),
});
