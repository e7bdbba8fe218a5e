/** The thread that owns a machine's journal: SQLite is synchronous and waits for the disk, which no event loop may. */
import { parentPort } from 'node:worker_threads';
import { MeshError } from '../../core/errors.js';
import { serveStore } from '../sqlite/worker-server.js';
import { JournalStore } from './journal-store.js';
import type { AppendBatch, Appended, JournalFinding } from './journal-types.js';

export interface JournalOpenArgs {
  readonly file: string;
  readonly machine: string;
  readonly wallMs: number;
}

type OneByOne = Pick<
  JournalStore,
  | 'readUnacked'
  | 'acknowledge'
  | 'rewind'
  | 'hashAt'
  | 'markLostTail'
  | 'reissue'
  | 'prune'
  | 'verify'
  | 'tail'
  | 'checkpoint'
  | 'status'
>;

export type JournalOperations = {
  readonly [Name in keyof OneByOne]: OneByOne[Name];
} & {
  open(args: JournalOpenArgs): { epoch: number; findings: JournalFinding[] };
  append(batch: AppendBatch): Appended;
  close(args: undefined): void;
};

if (parentPort === null) throw new MeshError('INTERNAL', 'this module is the entry of a worker thread');

let opened: JournalStore | undefined;

function store(): JournalStore {
  if (opened === undefined) throw new MeshError('CLOSED', 'the journal is not open');
  return opened;
}

serveStore<JournalOperations, 'append'>(parentPort, {
  operations: {
    open: (args) => {
      const { store: fresh, findings } = JournalStore.open(args);
      opened = fresh;
      return { epoch: fresh.epoch, findings };
    },
    readUnacked: (args) => store().readUnacked(args),
    acknowledge: (args) => store().acknowledge(args),
    rewind: (args) => store().rewind(args),
    hashAt: (args) => store().hashAt(args),
    markLostTail: (args) => store().markLostTail(args),
    reissue: (args) => store().reissue(args),
    prune: (args) => store().prune(args),
    verify: (args) => store().verify(args),
    tail: (args) => store().tail(args),
    checkpoint: (args) => store().checkpoint(args),
    status: () => store().status(),
    close: () => opened?.close(),
  },
  grouped: { append: ({ records }) => records.length },
  runGroup: (requests) => store().appendBatches(requests.map(({ args }) => args)),
});
