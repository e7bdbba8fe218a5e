/**
 * Batches on their way into a chain: each is refused, known from before, or written behind the head with what goes with it
 * (who sent it, under which keys, how far a follower has read). Called within the transaction of its store, which keeps the
 * chain with the new head; what is refused leaves no trace.
 */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { chainHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import { type Outcome, refused, succeeded } from '../sqlite/outcome.js';
import { batchRefusal } from './batch-refusal.js';
import { type Chain, positionOf } from './chain-table.js';
import { CheckpointTable } from './checkpoint-table.js';
import { type DedupePlan, DedupeTable } from './dedupe-table.js';
import type { AppendBatch, Appended } from './journal-types.js';
import { ProducerTable, type Receipt } from './producer-table.js';
import type { RecordTable } from './record-table.js';

export interface Written {
  readonly head: Chain['head'];
  readonly receipt: Receipt;
}

export class BatchWriter {
  readonly #records: RecordTable;
  readonly #producers: ProducerTable;
  readonly #dedupe: DedupeTable;
  readonly #checkpoints: CheckpointTable;

  constructor(db: Connection, records: RecordTable) {
    this.#records = records;
    this.#producers = new ProducerTable(db);
    this.#dedupe = new DedupeTable(db);
    this.#checkpoints = new CheckpointTable(db);
  }

  /** The head is that of `chain` where nothing was written. */
  take(chain: Chain, batch: AppendBatch): { readonly head: Chain['head']; readonly outcome: Outcome<Appended> } {
    const { head } = chain;
    const refusal = batchRefusal(batch, this.#checkpoints);
    if (refusal !== undefined) return { head, outcome: refused(refusal) };
    const verdict = batch.producer === undefined ? undefined : this.#producers.judge(batch.producer, batch.records);
    if (verdict?.kind === 'conflict') return { head, outcome: refused(verdict.error) };
    if (verdict?.kind === 'repeat')
      return { head, outcome: succeeded({ ...verdict.receipt, isRepeat: true, missingCount: 0 }) };
    if (batch.isOnlyRepeat === true)
      return { head, outcome: refused(new MeshError('NOT_FOUND', 'the batch was not stored before')) };
    const plan = batch.dedupe === undefined ? undefined : this.#dedupe.plan(batch.records, batch.dedupe);
    if (plan?.ok === false) return { head, outcome: plan };
    const written = this.write(chain, batch, plan?.value);
    const missingCount = verdict?.missingCount ?? 0;
    return { head: written.head, outcome: succeeded({ ...written.receipt, isRepeat: false, missingCount }) };
  }

  /** Writes the rows of a batch behind the head of `chain`, whoever it is from. */
  write(chain: Chain, { records, producer, checkpoint }: AppendBatch, plan?: DedupePlan): Written {
    const { journalId } = chain;
    let { seq, hash } = chain.head;
    const fresh = plan?.fresh ?? records;
    const hashes = fresh.map((record) => {
      seq += 1;
      hash = chainHash(hash, seq, record);
      return hash;
    });
    this.#records.insert(chain, chain.head.seq + 1, fresh, hashes);
    const stored = { journalId, firstSeq: chain.head.seq + 1, hashes };
    const receipt = plan === undefined ? stored : this.#dedupe.put(plan, stored);
    if (producer !== undefined && records.length > 0)
      this.#producers.put(producer, records, receipt, chain.head.hash, { hash, position: positionOf(chain, seq) });
    if (checkpoint !== undefined) this.#checkpoints.put(checkpoint);
    return { head: { seq, hash }, receipt };
  }

  checkpoint(agent: string, name: string): Uint8Array | undefined {
    return this.#checkpoints.get(agent, name);
  }

  /** Forgets the producers that were silent for longest. */
  trim(): void {
    this.#producers.trim(limits.journalProducersKept);
  }
}
