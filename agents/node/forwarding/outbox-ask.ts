/** What the outbox and its edge say to each other: one thing is asked for at a time, and each is answered by one event. */
import type { MeshError } from '../../../common/core/errors.js';
import type { ChainState } from '../../../common/journal/machine/journal-types.js';
import type { Run } from '../../../common/journal/machine/record-table.js';
import type { ChainPoint } from '../../../common/journal/record.js';
import type { Output } from '../../../common/protocol/catalogue.js';
import type { Incident } from '../records/incident.js';

export type Remote = Output<'log.hello'>;

/** The last entry that was sent, of a chain. */
export type SentPoint = ChainPoint & { readonly journalId: string };

/** What the edge does next, and the event that answers it unless it failed. */
export type Ask =
  /** Read what chains there are → listed. */
  | { readonly kind: 'list' }
  /** Ask main how far it holds a chain → held. */
  | { readonly kind: 'greet'; readonly chain: ChainState }
  /** Read the own hash at main's head → hashed. */
  | { readonly kind: 'hash'; readonly chain: ChainState; readonly remote: Remote }
  /** In the journal → done. `sent`: what main has answered; without it, what the comparison showed. */
  | { readonly kind: 'acknowledge'; readonly journalId: string; readonly seq: number; readonly sent?: Run }
  /** In the journal → done. `because`: why nothing is sent before both sides have compared again. */
  | { readonly kind: 'rewind'; readonly journalId: string; readonly seq: number; readonly because?: MeshError }
  /** In the journal, the incident with it → done. */
  | { readonly kind: 'reissue'; readonly journalId: string; readonly fromSeq: number; readonly incident: Incident }
  /** Mark a lost tail in the journal, the incident with it → marked. */
  | { readonly kind: 'mark'; readonly journalId: string; readonly incident: Incident }
  /** The next batch of the journal, behind `after` or behind what is acknowledged → read. */
  | { readonly kind: 'read'; readonly bytesMax: number; readonly after?: SentPoint }
  /** A batch to main → accepted. */
  | { readonly kind: 'send'; readonly run: Run }
  /** All is delivered: until there is something new → woken. */
  | { readonly kind: 'rest' }
  /** It failed so often in a row: a while → woken. */
  | { readonly kind: 'pause'; readonly failures: number };

export type OutboxEvent =
  | { readonly kind: 'listed'; readonly chains: readonly ChainState[] }
  | { readonly kind: 'held'; readonly remote: Remote }
  | { readonly kind: 'hashed'; readonly hash: Uint8Array | null }
  | { readonly kind: 'done' }
  /** `isNews`: it was not marked before. */
  | { readonly kind: 'marked'; readonly isNews: boolean }
  | { readonly kind: 'read'; readonly run: Run | undefined }
  | { readonly kind: 'accepted'; readonly headSeq: number }
  | { readonly kind: 'failed'; readonly error: MeshError }
  | { readonly kind: 'woken' }
  /** At any time, beside the answers: the connection to main is gone. */
  | { readonly kind: 'cut' };
