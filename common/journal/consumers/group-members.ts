/** Who takes part in a group, and since when each was silent. One that says nothing for its lease has gone. Pure. */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';

export class GroupMembers {
  readonly #heardMs = new Map<string, number>();

  get names(): string[] {
    return [...this.#heardMs.keys()];
  }

  has(member: string): boolean {
    return this.#heardMs.has(member);
  }

  /** @throws QUEUE_FULL */
  join(member: string, nowMs: number): void {
    if (!this.has(member) && this.#heardMs.size >= limits.groupMembersMax) {
      throw new MeshError('QUEUE_FULL', `the group has ${limits.groupMembersMax} members already`, {
        hint: 'Let each of them have more in hand, or divide the stream.',
      });
    }
    this.#heardMs.set(member, nowMs);
  }

  /** A word of a member renews its lease. */
  hear(member: string, nowMs: number): void {
    if (this.has(member)) this.#heardMs.set(member, nowMs);
  }

  leave(member: string): void {
    this.#heardMs.delete(member);
  }

  /** Takes those whose lease is over out of the group. */
  expire(nowMs: number): string[] {
    const gone = [...this.#heardMs].filter(([, heardMs]) => nowMs - heardMs >= limits.groupLeaseMs);
    for (const [member] of gone) this.#heardMs.delete(member);
    return gone.map(([member]) => member);
  }

  /** When the next lease ends, unless something is heard before; Infinity without members. */
  nextDueMs(): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const heardMs of this.#heardMs.values()) dueMs = Math.min(dueMs, heardMs + limits.groupLeaseMs);
    return dueMs;
  }
}
