/**
 * Records that the log writes itself, about what it decides: a chain like any other, in the name of main's machine. It begins
 * anew with every opening that writes one, so that no number of it is used twice, whatever the file was restored from.
 */
import { newJournalId } from '../../core/ids.js';
import { chainHash, genesisHash, type NewRecord, type RecordEntry } from '../record.js';
import type { LogJournal, LogJournals } from './log-journals.js';

export class OwnChain {
  #journalId: string | undefined;

  constructor(
    private readonly journals: LogJournals,
    private readonly machine: string,
  ) {}

  /** The record as the next entry of the chain, for the caller to store in this transaction with the head moved to it. */
  seal(record: NewRecord): { journal: LogJournal; entry: RecordEntry } {
    this.#journalId ??= newJournalId();
    const journal = this.journals.claim(this.#journalId, this.machine);
    const seq = journal.head.seq + 1;
    const hash = chainHash(journal.head.hash ?? genesisHash(journal.journalId), seq, record);
    return { journal, entry: { kind: 'record', ...record, seq, hash } };
  }
}
