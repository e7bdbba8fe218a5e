/** What a node answers to a batch of records, as its emitters are told. Pure. */
import type { MeshError } from '../../../../common/core/errors.js';
import type { Output } from '../../../../common/protocol/catalogue.js';
import type { Receipt } from '../../mesh.js';

/** One for each of the `count` records of the batch, in order. */
export function receiptsOf(stored: Output<'journal.emit'>, count: number): Receipt[] {
  const { journalId, firstSeq, hashes, repeats } = stored;
  const receipts = hashes.map((hash, i): Receipt => ({ journalId, seq: firstSeq + i, hash: new Uint8Array(hash) }));
  if (repeats === undefined) return receipts;
  const before = new Map(repeats.map(({ index, ...place }) => [index, place]));
  const all: Receipt[] = [];
  for (let index = 0, next = 0; index < count; index++) {
    const place = before.get(index);
    const receipt = place === undefined ? receipts[next++] : repeatedReceipt(place);
    if (receipt !== undefined) all.push(receipt);
  }
  return all;
}

const repeatedReceipt = ({ journalId, seq, hash }: Receipt): Receipt => ({
  journalId,
  seq,
  hash: new Uint8Array(hash),
  repeated: true,
});

/** Others are stored under the numbers of the batch; not that one of its records has a key that is taken. */
export const isOfNumbers = ({ code, details }: MeshError): boolean =>
  code === 'CONFLICT' && details?.['dedupeKey'] === undefined;
