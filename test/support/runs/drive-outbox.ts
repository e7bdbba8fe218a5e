/**
 * The real outbox of a node over a journal and a log in one process: what it asks for is done at once, until it rests. So a
 * process that dies in the middle of it leaves what a node leaves that is killed there.
 */
import { emptyOutbox, step } from '../../../agents/node/forwarding/outbox.js';
import type { Ask, OutboxEvent } from '../../../agents/node/forwarding/outbox-ask.js';
import { toMeshError } from '../../../common/core/errors.js';
import type { LogStore } from '../../../common/journal/log/log-store.js';
import type { JournalStore } from '../../../common/journal/machine/journal-store.js';
import { answerOf, append } from '../../journal/world.js';

const MACHINE = 'pc2';
/** Small, so that what is pending takes several. */
const BATCH_MAX = 4;

/** @throws what the log refuses for good: nothing of that is expected here */
export function driveOutbox(journal: JournalStore, log: LogStore): void {
  let state = emptyOutbox;
  for (let { asked } = state; asked.kind !== 'rest'; ) {
    const event = outcomeOf(journal, log, asked);
    const next = step(state, event, 0);
    for (const incident of next.tell) append(journal, { records: [incident.toRecord()] });
    state = next.state;
    asked = next.ask ?? asked;
  }
}

function outcomeOf(journal: JournalStore, log: LogStore, ask: Ask): OutboxEvent {
  try {
    return answer(journal, log, ask);
  } catch (error) {
    if (ask.kind === 'pause') throw error;
    return { kind: 'failed', error: toMeshError(error) };
  }
}

function answer(journal: JournalStore, log: LogStore, ask: Ask): OutboxEvent {
  switch (ask.kind) {
    case 'list':
      return { kind: 'listed', chains: journal.status().chains };
    case 'greet': {
      const { journalId, parentId } = ask.chain;
      return { kind: 'held', remote: log.hello({ machine: MACHINE, journalId, parentId }) };
    }
    case 'hash':
      return { kind: 'hashed', hash: journal.hashAt({ journalId: ask.chain.journalId, seq: ask.remote.headSeq }) };
    case 'acknowledge':
      journal.acknowledge(ask);
      return { kind: 'done' };
    case 'rewind':
      journal.rewind(ask);
      return { kind: 'done' };
    case 'reissue':
      journal.reissue({ ...ask, incident: ask.incident.toRecord(), wallMs: 1_000 });
      return { kind: 'done' };
    case 'mark': {
      const { journalId, incident } = ask;
      return { kind: 'marked', isNews: journal.markLostTail({ journalId, incident: incident.toRecord() }) };
    }
    case 'read': {
      const { bytesMax, after } = ask;
      const run = journal.readUnacked({ limit: BATCH_MAX, bytesMax, ...(after === undefined ? {} : { after }) });
      return { kind: 'read', run };
    }
    case 'send': {
      const { journalId, previous, entries } = ask.run;
      const batch = { journalId, machine: MACHINE, previousHash: previous.hash, entries };
      return { kind: 'accepted', headSeq: answerOf(log.appendBatches([batch])[0]).headSeq };
    }
    case 'pause':
      throw new Error('the log refused what it must take');
    case 'rest':
      return { kind: 'woken' };
  }
}
