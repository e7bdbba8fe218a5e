/** A fault that needs no fleet: it brings the processes that it is done to, and leaves nothing of them behind. */
import type { Figures } from '../../oracle/figures.js';

export interface LoneFault {
  readonly name: string;
  /** What is done, in one line. */
  readonly what: string;
  /** Does it; what was measured is in `figures`. */
  readonly round: (figures: Figures, isLong: boolean) => Promise<void>;
}
