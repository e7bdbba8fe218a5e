/** Why a batch cannot be stored, by what is in it and in it alone. */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { refusalOf } from '../record.js';
import type { CheckpointTable } from './checkpoint-table.js';
import type { AppendBatch } from './journal-types.js';

export function batchRefusal(
  { records, checkpoint }: AppendBatch,
  checkpoints: CheckpointTable,
): MeshError | undefined {
  if (records.length > limits.recordBatchMax) {
    return new MeshError('TOO_LARGE', `a batch of ${records.length} records is larger than ${limits.recordBatchMax}`);
  }
  for (const record of records) {
    const refusal = refusalOf(record);
    if (refusal !== undefined) return refusal;
  }
  return checkpoint === undefined ? undefined : checkpoints.refusalOf(checkpoint);
}
