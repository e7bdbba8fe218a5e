/** What the comparison of a journal with main's log means. Pure: rule "exactly once by (journal id, seq) and a hash chain". */

/** One side of the comparison: how far it goes, and the hash there; null where the hash is not known any more. */
export interface Held {
  readonly seq: number;
  readonly hash: Uint8Array | null;
}

export interface LocalChain {
  readonly headSeq: number;
  readonly ackedSeq: number;
  /** Of the local record that stands where main's head is; null when it is pruned or not there. */
  readonly hashAtRemoteHead: Uint8Array | null;
}

export type HelloVerdict =
  /** Send what follows main's head. */
  | { readonly kind: 'agree' }
  /** Main holds records that this file does not: a restored backup, or a tail that was lost. */
  | { readonly kind: 'lost-tail'; readonly missingCount: number }
  /** Main acknowledged more than it holds now: it lost its own tail, and gets again what is still here. */
  | { readonly kind: 'rewind' }
  /** The same place, another hash: the two have parted. */
  | { readonly kind: 'conflict' };

export function compareHello(local: LocalChain, remote: Held): HelloVerdict {
  if (remote.seq > local.headSeq) return { kind: 'lost-tail', missingCount: remote.seq - local.headSeq };
  const { hashAtRemoteHead } = local;
  if (
    remote.seq > 0 &&
    remote.hash !== null &&
    hashAtRemoteHead !== null &&
    Buffer.compare(remote.hash, hashAtRemoteHead) !== 0
  ) {
    return { kind: 'conflict' };
  }
  return remote.seq < local.ackedSeq ? { kind: 'rewind' } : { kind: 'agree' };
}
