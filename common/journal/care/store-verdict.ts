/** What a walk over a store found. Pure: it counts, and keeps the first findings in words, so that a ruin stays readable. */
import { limits } from '../../core/limits.js';

export interface Finding {
  readonly journalId: string;
  readonly seq: number;
  readonly reason: string;
}

/** Two chains with records behind one parent: the file of their machine was once restored from a backup. */
export interface Fork {
  readonly parentId: string;
  readonly journalIds: readonly string[];
}

export interface StoreVerdict {
  /** Records whose content was hashed and compared. */
  readonly checkedCount: number;
  /** Of those, records behind something that is gone: nothing is left that could prove them. */
  readonly unverifiableCount: number;
  /** Records that do not hash to what they should; rows that cannot be read. */
  readonly damagedCount: number;
  /** Places in a chain that should be held and are not, and of which nothing says why. */
  readonly missingCount: number;
  /** Places of which it is said why they are empty. */
  readonly holeCount: number;
  /** The first of the damaged and the missing ones. */
  readonly findings: readonly Finding[];
  readonly forks: readonly Fork[];
}

export class VerdictBuilder {
  #checkedCount = 0;
  #unverifiableCount = 0;
  #damagedCount = 0;
  #missingCount = 0;
  #holeCount = 0;
  readonly #findings: Finding[] = [];

  get checkedCount(): number {
    return this.#checkedCount;
  }

  checked(isProved: boolean): void {
    this.#checkedCount++;
    if (!isProved) this.#unverifiableCount++;
  }

  damaged(finding: Finding): void {
    this.#checkedCount++;
    this.#damagedCount++;
    this.#keep(finding);
  }

  missing(finding: Finding, count: number): void {
    this.#missingCount += count;
    this.#keep(finding);
  }

  hole(): void {
    this.#holeCount++;
  }

  build(forks: readonly Fork[]): StoreVerdict {
    return {
      checkedCount: this.#checkedCount,
      unverifiableCount: this.#unverifiableCount,
      damagedCount: this.#damagedCount,
      missingCount: this.#missingCount,
      holeCount: this.#holeCount,
      findings: this.#findings,
      forks: forks.slice(0, limits.careFindingsMax),
    };
  }

  #keep(finding: Finding): void {
    if (this.#findings.length < limits.careFindingsMax) this.#findings.push(finding);
  }
}

export const isSound = ({ damagedCount, missingCount }: StoreVerdict): boolean => damagedCount + missingCount === 0;
