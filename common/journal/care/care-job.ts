/** What a process of care is asked, and the lines that it answers: JSON, one value a line. */
import type { ErrorBody } from '../../core/errors.js';
import type { BackupMade, BackupOptions } from './backup.js';
import type { QueryAnswer, QueryOptions } from './query.js';
import type { StoreKind } from './store-file.js';
import type { StoreVerdict } from './store-verdict.js';
import type { Progress } from './verify-store.js';

export interface VerifyOptions {
  readonly file: string;
  readonly kind: StoreKind;
}

/** Each with what it is given and what it answers. */
export interface CareTable {
  readonly backup: { readonly options: BackupOptions; readonly answer: BackupMade };
  readonly verify: { readonly options: VerifyOptions; readonly answer: StoreVerdict };
  readonly query: { readonly options: QueryOptions; readonly answer: QueryAnswer };
}
export type CareKind = keyof CareTable;

export type CareJob = {
  readonly [Kind in CareKind]: {
    readonly kind: Kind;
    readonly options: CareTable[Kind]['options'];
    /** The process ends itself when it has not answered by then, or uses more memory than this. */
    readonly timeoutMs: number;
    readonly memoryBytesMax: number;
    /** Who started it: it does not outlive that one. */
    readonly parentPid: number;
  };
}[CareKind];

export type CareLine = { readonly progress: Progress } | { readonly answer: unknown } | { readonly failure: ErrorBody };
