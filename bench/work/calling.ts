/** The caller's side of the call rows, for us and for the peers alike. */

import { quantile } from '../measure/median.js';
import { BLOB_BYTES, blobOf, blobSeqOf, bodyOf, type NumberedBody, seqOf } from './load.js';
import { IN_FLIGHT, rateOf, timesOf } from './pace.js';
import { serveTasks } from './worker-channel.js';

/** Sends the body and answers what came back. */
export type Call = (body: NumberedBody) => Promise<unknown>;
/** The same with a megabyte. */
export type CallBlob = (blob: Uint8Array) => Promise<unknown>;

const notServed = () => Promise.reject(new Error('this caller does not do that'));

export function serveCalling({ call = notServed, callBlob = notServed }: { call?: Call; callBlob?: CallBlob }): void {
  let lastSeq = 0;
  const callOnce = async () => {
    const seq = ++lastSeq;
    if (seqOf(await call(bodyOf(seq))) !== seq) throw new Error(`call ${seq} got the answer of another`);
  };
  const blobOnce = async () => {
    const seq = ++lastSeq;
    if (blobSeqOf(await callBlob(blobOf(seq))) !== blobSeqOf(blobOf(seq)))
      throw new Error('a blob came back as another');
  };

  serveTasks({
    /** Calls per second with 256 in flight: each answer starts the next call. */
    flood: (durationMs) => rateOf(callOnce, IN_FLIGHT, durationMs),
    /** Median time of a call in microseconds, one at a time. */
    median: async (durationMs) => quantile(await timesOf(callOnce, durationMs), 0.5) * 1_000,
    /** The 99th percentile of the same. */
    slowest: async (durationMs) => quantile(await timesOf(callOnce, durationMs), 0.99) * 1_000,
    /** Megabytes per second, there and back. */
    blobs: async (durationMs) =>
      ((await rateOf(blobOnce, BLOBS_IN_FLIGHT, durationMs)) * 2 * BLOB_BYTES) / BYTES_PER_MB,
  });
}

const BLOBS_IN_FLIGHT = 8;
const BYTES_PER_MB = 1e6;
