/** What a node answers to those who emit records: they are in the journal, and synced, before it answers. */
import type { Clock } from '../../../common/core/clock.js';
import type { BodyStore } from '../../../common/journal/bodies/body-store.js';
import type { DedupeKeys } from '../../../common/journal/machine/dedupe-table.js';
import type { Journal } from '../../../common/journal/machine/journal.js';
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

async function emit(
  { bodies, records: journal, streams, supervisor, clock }: JournalMethodsOptions,
  input: Input<'journal.emit'>,
): Promise<Output<'journal.emit'>> {
  const { agent, epoch, firstSeq, records, checkpoint } = input;
  // A process that was replaced may still hold what it wants to say: its successor's words count.
  supervisor.findIfAny(agent)?.assertNotStale(epoch);
  for (const [stream] of records) streams.assertMayWrite(stream, agent);
  for (const [, , , marks] of records) if (marks?.ref !== undefined) await bodies.assertHeld(marks.ref);
  const dedupe = dedupeOf(records, clock);
  const stored = await journal.append({
    producer: { id: `${agent}#${epoch}`, firstSeq },
    records: records.map((record) => newRecordOf(record, agent, epoch)),
    ...(checkpoint === undefined ? {} : { checkpoint: { agent, name: checkpoint.name, bytes: checkpoint.value } }),
    ...(dedupe === undefined ? {} : { dedupe }),
  });
  const { journalId, firstSeq: seq, hashes, repeats } = stored;
  return { journalId, firstSeq: seq, hashes: [...hashes], ...(repeats === undefined ? {} : { repeats: [...repeats] }) };
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
