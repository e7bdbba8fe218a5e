/** The thread that owns a machine's journal: SQLite is synchronous and waits for the disk, which no event loop may. */
import { parentPort } from 'node:worker_threads';
import { MeshError } from '../../core/errors.js';
import { DiskGuard } from '../sqlite/disk-guard.js';
import { probeStore } from '../sqlite/store-probe.js';
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
  /** A commit that changes nothing: fails as any other would. */
  probe(args: undefined): void;
  close(args: undefined): void;
};

if (parentPort === null) throw new MeshError('INTERNAL', 'this module is the entry of a worker thread');

let opened: JournalStore | undefined;
let guard: DiskGuard | undefined;
let file = '';

function store(): JournalStore {
  if (opened === undefined) throw new MeshError('CLOSED', 'the journal is not open');
  return opened;
}

function guarded(): DiskGuard {
  if (guard === undefined) throw new MeshError('CLOSED', 'the journal is not open');
  return guard;
}

serveStore<JournalOperations, 'append'>(parentPort, {
  operations: {
    open: (args) => {
      guard = new DiskGuard(args.file);
      file = args.file;
      const { store: fresh, findings } = guard.open(() => JournalStore.open(args));
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
    probe: () => guarded().run(false, () => probeStore(file)),
    close: () => opened?.close(),
  },
  grouped: { append: ({ records }) => records.length },
  runGroup: (requests) =>
    guarded().group(
      requests.map(({ args }) => args),
      // A checkpoint alone is what keeps an agent from doing again what it has done.
      ({ isEssential, records }) => isEssential === true || records.length === 0,
      (batches) => store().appendBatches(batches),
    ),
});
