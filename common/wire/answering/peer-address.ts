/** Who sent a message to a ROUTER socket, and the frame in it. */
import { MeshError } from '../../core/errors.js';

export interface PeerAddress {
  readonly id: Buffer;
  /** Speaks with an empty delimiter, one envelope a frame. */
  readonly plain: boolean;
  /** Who writes in both forms reads two kinds of answers, and counts as two peers. */
  readonly key: string;
}

/** Undefined for a message without a sender, which no socket delivers. */
export function peerOf(parts: readonly Buffer[]): PeerAddress | undefined {
  const [id, second] = parts;
  if (id === undefined) return undefined;
  // An empty part with something after it is a delimiter, whatever follows: its sender only reads answers that have one.
  const plain = parts.length > 2 && second?.length === 0;
  // Views into the received message pin it whole; the id outlives it.
  // The mark is no latin1 character: no id can imitate it.
  return { id: Buffer.from(id), plain, key: `${plain ? '\u2192' : ''}${id.toString('latin1')}` };
}

/** @throws BAD_FRAME when there is not exactly one */
export function frameIn(parts: readonly Buffer[], { plain }: PeerAddress): Buffer {
  const before = plain ? 2 : 1;
  const frame = parts[before];
  if (frame !== undefined && parts.length === before + 1) return frame;
  throw new MeshError('BAD_FRAME', `a request is one part; this one has ${parts.length - before}`);
}
