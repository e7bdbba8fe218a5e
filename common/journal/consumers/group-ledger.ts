/** What a group has changed and nobody has stored yet. Pure. */
import type { DeadLetter, GroupChanges } from './group-types.js';

export class GroupLedger {
  readonly #settled = new Set<number>();
  readonly #failed = new Map<number, number>();
  readonly #died = new Map<number, DeadLetter>();
  readonly #revived = new Set<number>();
  #storedFloorId: number;

  constructor(floorId: number) {
    this.#storedFloorId = floorId;
  }

  settled(id: number): void {
    this.#failed.delete(id);
    this.#settled.add(id);
  }

  failed(id: number, deliveries: number): void {
    this.#failed.set(id, deliveries);
  }

  died(letter: DeadLetter): void {
    this.#died.set(letter.id, letter);
  }

  revived(id: number): void {
    this.#revived.add(id);
  }

  /**
   * Everything since the last time, or undefined when nothing of it needs to be stored: that the floor moved over records
   * which are none of the group's can be found out again, and is stored only when that would be long.
   */
  take(floorId: number, idleStepMax: number): GroupChanges | undefined {
    const isIdle = this.#settled.size + this.#failed.size + this.#died.size + this.#revived.size === 0;
    if (isIdle && floorId - this.#storedFloorId < idleStepMax) return undefined;
    const changes: GroupChanges = {
      floorId,
      settledIds: [...this.#settled].filter((id) => id > floorId),
      failed: [...this.#failed].flatMap(([id, deliveries]) => (id > floorId ? { id, deliveries } : [])),
      died: [...this.#died.values()],
      revivedIds: [...this.#revived],
    };
    this.#storedFloorId = floorId;
    for (const part of [this.#settled, this.#failed, this.#died, this.#revived]) part.clear();
    return changes;
  }
}
