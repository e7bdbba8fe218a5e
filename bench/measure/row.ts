/**
 * What a row of the bench is: the same work done by us and by its peers, or a figure of ours and the bound that it keeps.
 * A side is opened once, with processes of its own, and measured many times; whoever measures decides for how long and in
 * which order.
 */
import type { Need } from '../peers/need.js';

/** `quick`: shows that the row works with as little as that takes, and says nothing about speed. */
export type Size = 'whole' | 'quick';

export interface Side {
  /** The row's figure over about `ms` milliseconds of work. @throws when the run is not valid, as when something was lost */
  measure(ms: number): Promise<number>;
  /** Leaves no process, port or file. */
  close(): Promise<void>;
}

interface RowFacts {
  readonly name: string;
  /** The work, in a few words. */
  readonly title: string;
  readonly unit: string;
  openOurs(size: Size): Promise<Side>;
}

/** We against one peer or several, all of which do the same work. */
export interface RatioRow extends RowFacts {
  readonly kind: 'ratio';
  /** Which way is better: more per second, or less time. */
  readonly better: 'more' | 'less';
  readonly peers: readonly Peer[];
}

export interface Peer {
  readonly name: string;
  /** The ratio holds from here on: 1 is as good as the peer, 2 is twice as good. */
  readonly goal: number;
  /** What must be installed beside the product; without it this peer is left out, and that is said. */
  readonly needs?: readonly Need[];
  open(size: Size): Promise<Side>;
}

/** A promise that is a figure: no peer does the same. */
export interface BoundRow extends RowFacts {
  readonly kind: 'bound';
  /** The figure holds up to here; or, where more is better, from here on. */
  readonly bound: number;
  /** Default: less. */
  readonly better?: 'more' | 'less';
}

export type Row = RatioRow | BoundRow;

/** What became of a row, in the form of `--json`: one of these for each peer, or for the bound. */
export type RowResult = RatioResult | BoundResult | SkippedResult;

export interface RatioResult {
  readonly row: string;
  readonly kind: 'ratio';
  readonly unit: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly ratio: number;
  readonly goal: number;
  readonly holds: boolean;
}

export interface BoundResult {
  readonly row: string;
  readonly kind: 'bound';
  readonly unit: string;
  readonly figure: number;
  readonly bound: number;
  readonly better: 'more' | 'less';
  readonly holds: boolean;
}

/** A peer that is not installed here: nothing was measured, and nothing is known. */
export interface SkippedResult {
  readonly row: string;
  readonly kind: 'skipped';
  readonly peerName: string;
  readonly goal: number;
  readonly missing: readonly string[];
  /** The commands that install what is missing. */
  readonly install: readonly string[];
}
