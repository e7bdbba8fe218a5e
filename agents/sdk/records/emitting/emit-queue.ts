/**
 * What an agent has emitted and the journal has not answered yet. In the order of the emits; bounded in records and bytes.
 * Beyond the bound an emit waits for room, and so does everything behind it; who waited too long, or finds too many waiting,
 * is refused with QUEUE_FULL, and is stored nowhere. Pure but for one timer.
 */
import type { Clock } from '../../../../common/core/clock.js';
import { MeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import type { Input } from '../../../../common/protocol/catalogue.js';
import type { Receipt } from '../../mesh.js';

export type SealedRecord = Input<'journal.emit'>['records'][number];

/** A body that goes to the node before the record that refers to it. */
export interface LargeBody {
  /** Of its record in the unit. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** What one call of emit must see stored together. */
export interface Unit {
  readonly records: SealedRecord[];
  /** In the records themselves. */
  readonly bytes: number;
  /** With the bodies beside them: what it holds in memory. */
  readonly heldBytes: number;
  readonly large: readonly LargeBody[];
  readonly checkpoint: { readonly name: string; readonly value: Uint8Array } | undefined;
  readonly resolve: (receipts: Receipt[]) => void;
  readonly reject: (error: MeshError) => void;
}

interface Waiting {
  readonly unit: Unit;
  readonly untilMs: number;
}

export class EmitQueue {
  /** Records that were refused. */
  refusedCount = 0;
  readonly #units: Unit[] = [];
  readonly #waiting: Waiting[] = [];
  #count = 0;
  #bytes = 0;
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly waitMs: number = limits.emitWaitMs,
  ) {}

  /** Records that are in line, and emits that wait to be. */
  get figures(): { readonly queued: number; readonly waiting: number } {
    return { queued: this.#count, waiting: this.#waiting.length };
  }

  /** @throws QUEUE_FULL */
  push(unit: Unit): void {
    if (this.#waiting.length === 0 && this.#hasRoom(unit)) return this.#enter(unit);
    const isTooMuch =
      this.#waiting.length >= limits.emitWaitersMax || this.#waitingBytes + unit.heldBytes > limits.emitQueueBytesMax;
    if (isTooMuch) throw this.#refusal(unit);
    this.#waiting.push({ unit, untilMs: this.clock.monotonicMs() + this.waitMs });
    this.#waitingBytes += unit.heldBytes;
    this.#arm();
  }

  /** As many whole units as fit a batch; a checkpoint closes it, and one with large bodies is alone. */
  take(): Unit[] {
    let count = 0;
    let bytes = 0;
    let end = 0;
    for (const unit of this.#units) {
      count += unit.records.length;
      bytes += unit.bytes;
      const isOver = count > limits.recordBatchMax || bytes > limits.recordBatchBytesMax || unit.large.length > 0;
      if (end > 0 && isOver) break;
      end++;
      if (unit.checkpoint !== undefined || unit.large.length > 0) break;
    }
    return this.#units.splice(0, end);
  }

  /** The units were answered: there is room for others. */
  settled(units: readonly Unit[]): void {
    for (const unit of units) {
      this.#count -= unit.records.length;
      this.#bytes -= unit.heldBytes;
    }
    for (let [next] = this.#waiting; next !== undefined && this.#hasRoom(next.unit); [next] = this.#waiting) {
      this.#leaveWait();
      this.#enter(next.unit);
    }
  }

  /** One is always let in: whatever its size, it is what there is to do. */
  #hasRoom({ records, heldBytes }: Unit): boolean {
    if (this.#bytes === 0 && this.#count === 0) return true;
    return this.#count + records.length <= limits.emitQueueMax && this.#bytes + heldBytes <= limits.emitQueueBytesMax;
  }

  #enter(unit: Unit): void {
    this.#units.push(unit);
    this.#count += unit.records.length;
    this.#bytes += unit.heldBytes;
  }

  #leaveWait(): Unit | undefined {
    const unit = this.#waiting.shift()?.unit;
    this.#waitingBytes -= unit?.heldBytes ?? 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#arm();
    return unit;
  }

  /** All wait for the same time: the first is the first whose time is over. */
  #arm(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, first.untilMs - this.clock.monotonicMs()));
  }

  #expire(): void {
    this.#timer = undefined;
    const nowMs = this.clock.monotonicMs();
    for (let [first] = this.#waiting; first !== undefined && first.untilMs <= nowMs; [first] = this.#waiting) {
      const unit = this.#leaveWait();
      if (unit !== undefined) unit.reject(this.#refusal(unit));
    }
    this.#arm();
  }

  #refusal({ records }: Unit): MeshError {
    this.refusedCount += records.length;
    return new MeshError('QUEUE_FULL', `${this.#count} records wait for the journal of this machine already`, {
      hint: 'Await emit before the next one, or see "mesh journal status".',
      details: { queued: this.#count, waiting: this.#waiting.length },
    });
  }
}
