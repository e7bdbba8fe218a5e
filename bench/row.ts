/**
 * What a row of the bench is: the same work done by us and by a peer. A side is opened once, with processes of its own,
 * and measured many times; whoever measures decides for how long and in which order.
 */
export interface Side {
  /** The row's figure over about `ms` milliseconds of work. @throws when the run is not valid, as when something was lost */
  measure(ms: number): Promise<number>;
  /** Leaves no process, port or file. */
  close(): Promise<void>;
}

export interface Row {
  readonly name: string;
  /** The work, in a few words. */
  readonly title: string;
  readonly unit: string;
  /** Which way is better: more per second, or less time. */
  readonly better: 'more' | 'less';
  readonly peerName: string;
  /** The ratio holds from here on: 1 is as good as the peer, 2 is twice as good. */
  readonly goal: number;
  openOurs(): Promise<Side>;
  openPeer(): Promise<Side>;
}

/** A measured row, in the form of `--json`. */
export interface RowResult {
  readonly row: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly ratio: number;
  readonly goal: number;
  readonly holds: boolean;
}
