/** The whole of a store walked and judged, beside its writer. */
import type { Connection } from '../sqlite/database.js';
import { besideStore, type StoreKind } from './store-file.js';
import { type StoreVerdict, VerdictBuilder } from './store-verdict.js';
import { journalRecordCount, verifyJournal } from './verify-journal.js';
import { forksOf, logRecordCount, verifyLog } from './verify-log.js';

export interface Progress {
  readonly doneCount: number;
  readonly totalCount: number;
}

/** @throws NOT_FOUND, JOURNAL_DAMAGED for a file of which nothing can be trusted, JOURNAL_FAILED */
export function verifyStore(file: string, kind: StoreKind, onProgress: (progress: Progress) => void): StoreVerdict {
  return besideStore(file, (db) => verifyOpened(db, kind, onProgress));
}

export function verifyOpened(db: Connection, kind: StoreKind, onProgress: (progress: Progress) => void): StoreVerdict {
  const verdict = new VerdictBuilder();
  const totalCount = kind === 'journal' ? journalRecordCount(db) : logRecordCount(db);
  const onPage = () => onProgress({ doneCount: verdict.checkedCount, totalCount });
  if (kind === 'journal') verifyJournal(db, verdict, onPage);
  else verifyLog(db, verdict, onPage);
  return verdict.build(kind === 'log' ? forksOf(db) : []);
}
