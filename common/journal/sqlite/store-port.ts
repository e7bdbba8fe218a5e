/** What crosses between a store's worker thread and its client: requests and replies, each message a list of them. */
import type { ErrorBody } from '../../core/errors.js';

/** Each operation takes one plain value and returns one. */
export type OperationTable = { readonly [name: string]: (args: never) => unknown };

export type ArgsOf<Ops extends OperationTable, Name extends keyof Ops> = Parameters<Ops[Name]>[0];
export type ResultOf<Ops extends OperationTable, Name extends keyof Ops> = ReturnType<Ops[Name]>;

export interface StoreRequest {
  readonly id: number;
  readonly name: string;
  readonly args: unknown;
}

export type StoreReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorBody };
