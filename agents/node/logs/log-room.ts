/**
 * Which history goes when the logs of a machine need more room than they have. Pure.
 *
 * The oldest of all agents goes first; but who holds more than half of all history gives of its own first, so that one
 * that floods its log does not cost the others theirs.
 */
import type { LogPiece } from './log-chain.js';

export interface Holding {
  readonly agent: string;
  /** In order. */
  readonly pieces: readonly LogPiece[];
}

export interface Drop {
  readonly agent: string;
  readonly piece: LogPiece;
}

/** What to drop so that `excessBytes` are freed; everything when that is not enough. */
export function piecesToDrop(holdings: readonly Holding[], excessBytes: number): Drop[] {
  const left = holdings.map(({ agent, pieces }) => ({ agent, pieces: [...pieces], bytes: bytesOf(pieces) }));
  const drops: Drop[] = [];
  for (let freed = 0; freed < excessBytes; ) {
    const all = left.reduce((sum, { bytes }) => sum + bytes, 0);
    const greedy = left.find(({ bytes, pieces }) => pieces.length > 1 && bytes > all / 2);
    const giver = greedy ?? left.reduce((oldest, one) => (cutTime(one.pieces) < cutTime(oldest.pieces) ? one : oldest));
    const piece = giver.pieces.shift();
    if (piece === undefined) break;
    giver.bytes -= piece.sizeBytes;
    freed += piece.sizeBytes;
    drops.push({ agent: giver.agent, piece });
  }
  return drops;
}

const bytesOf = (pieces: readonly LogPiece[]): number => pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
const cutTime = ([first]: readonly LogPiece[]): number => first?.wallMs ?? Number.POSITIVE_INFINITY;
