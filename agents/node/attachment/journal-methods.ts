/** What a node answers to those who emit records: they are in the journal, and synced, before it answers. */
import type { Clock } from '../../../common/core/clock.js';
import { type MeshError, toMeshError } from '../../../common/core/errors.js';
import type { BodyStore } from '../../../common/journal/bodies/body-store.js';
import type { DedupeKeys } from '../../../common/journal/machine/dedupe-table.js';
import type { Journal } from '../../../common/journal/machine/journal.js';
import type { AppendBatch } from '../../../common/journal/machine/journal-types.js';
import { type NewRecord, recordOf } from '../../../common/journal/record.js';
import type { Input, Output } from '../../../common/protocol/catalogue.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';
import type { NodeJournal } from '../records/node-journal.js';
import type { StreamBoard } from '../records/stream-board.js';
import type { Supervisor } from '../supervision/supervisor.js';

export interface JournalMethodsOptions {
  readonly machine: string;
  readonly journal: Pick<Journal, 'checkpoint' | 'status'>;
  readonly records: Pick<NodeJournal, 'append' | 'degraded'>;
  readonly bodies: Pick<BodyStore, 'assertHeld'>;
  readonly streams: Pick<StreamBoard, 'assertMayWrite'>;
  readonly supervisor: Pick<Supervisor, 'findIfAny'>;
  readonly clock: Clock;
}

type RecordInput = Input<'journal.emit'>['records'][number];

export function journalMethods(
  options: JournalMethodsOptions,
): Pick<MethodHandlers, 'journal.emit' | 'journal.checkpoint' | 'journal.status'> {
  const { machine, journal, records } = options;
  return {
    'journal.emit': (input) => emit(options, input),
    'journal.checkpoint': async ({ agent, name }) => ({ value: (await journal.checkpoint(agent, name)) ?? null }),
    'journal.status': async () => {
      const { journalId, lastSeq, ackedSeq, pendingCount, sizeBytes } = await journal.status();
      return { machine, journalId, lastSeq, ackedSeq, pendingCount, sizeBytes, degraded: records.degraded };
    },
  };
}

async function emit(options: JournalMethodsOptions, input: Input<'journal.emit'>): Promise<Output<'journal.emit'>> {
  const { records: journal, supervisor, clock } = options;
  const { agent, epoch, firstSeq, records, checkpoint } = input;
  // A process that was replaced may still hold what it wants to say: its successor's words count.
  supervisor.findIfAny(agent)?.assertNotStale(epoch);
  const refusal = await refusalOf(options, input);
  const dedupe = dedupeOf(records, clock);
  const batch: AppendBatch = {
    producer: { id: `${agent}#${epoch}`, firstSeq },
    records: records.map((record) => newRecordOf(record, agent, epoch)),
    ...(checkpoint === undefined ? {} : { checkpoint: { agent, name: checkpoint.name, bytes: checkpoint.value } }),
    ...(dedupe === undefined ? {} : { dedupe }),
  };
  const stored = refusal === undefined ? await journal.append(batch) : await storedBefore(journal, batch, refusal);
  const { journalId, firstSeq: seq, hashes, repeats } = stored;
  return { journalId, firstSeq: seq, hashes: [...hashes], ...(repeats === undefined ? {} : { repeats: [...repeats] }) };
}

/** Why the records may not be stored now. */
async function refusalOf(
  { bodies, streams }: Pick<JournalMethodsOptions, 'bodies' | 'streams'>,
  { agent, records }: Input<'journal.emit'>,
): Promise<MeshError | undefined> {
  try {
    for (const [stream] of records) streams.assertMayWrite(stream, agent);
    for (const [, , , marks] of records) if (marks?.ref !== undefined) await bodies.assertHeld(marks.ref);
    return undefined;
  } catch (thrown) {
    return toMeshError(thrown);
  }
}

/**
 * What is refused may be a repeat: it was stored, its answer was lost, and the rule that refuses it is newer than that. Who
 * sent it must not take for refused what is stored, and use its numbers again. @throws the refusal
 */
async function storedBefore(journal: Pick<NodeJournal, 'append'>, batch: AppendBatch, refusal: MeshError) {
  try {
    return await journal.append({ ...batch, isOnlyRepeat: true });
  } catch (thrown) {
    const error = toMeshError(thrown);
    // Nobody knows: it is to be asked again.
    throw error.retryable ? error : refusal;
  }
}

function newRecordOf([stream, tsMs, body, marks]: RecordInput, agent: string, epoch: number): NewRecord {
  const record = recordOf(stream, Math.floor(tsMs), agent, epoch, body);
  if (marks === undefined) return record;
  const { trace = '', ref = '', key = '' } = marks;
  return { ...record, trace, ref, key };
}

function dedupeOf(records: readonly RecordInput[], clock: Clock): DedupeKeys | undefined {
  if (!records.some(([, , , marks]) => marks?.dedupeKey !== undefined)) return undefined;
  return { keys: records.map(([, , , marks]) => marks?.dedupeKey ?? ''), wallMs: clock.wallMs() };
}
