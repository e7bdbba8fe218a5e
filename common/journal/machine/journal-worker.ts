/** The thread that owns a machine's journal: SQLite is synchronous and waits for the disk, which no event loop may. */
import { parentPort } from 'node:worker_threads';
import { type ErrorBody, MeshError } from '../../core/errors.js';
import type { ReportPlace } from '../folds/fold-table.js';
import { packHashes, unpackRecords } from '../packed-records.js';
import { DiskGuard } from '../sqlite/disk-guard.js';
import { type Outcome, succeeded } from '../sqlite/outcome.js';
import { probeStore } from '../sqlite/store-probe.js';
import { serveStore } from '../sqlite/worker-server.js';
import { JournalStore } from './journal-store.js';
import type {
  AppendBatch,
  Appended,
  JournalFinding,
  PackedAppended,
  PackedBatch,
  ReportArgs,
} from './journal-types.js';

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
  | 'tell'
  | 'tail'
  | 'checkpoint'
  | 'heldRefs'
  | 'status'
>;

export type JournalOperations = {
  readonly [Name in keyof OneByOne]: OneByOne[Name];
} & {
  open(args: JournalOpenArgs): { epoch: number; countedBefore: number; findings: JournalFinding[] };
  append(batch: PackedBatch): PackedAppended;
  report(args: ReportArgs): { replies: ReportReply[]; nextDueMs: number | undefined };
  /** A commit that changes nothing: fails as any other would. */
  probe(args: undefined): void;
  close(args: undefined): void;
};

/** An outcome as it crosses to the other thread: an error would lose its class there. */
export type ReportReply =
  | { readonly ok: true; readonly value: ReportPlace[] }
  | { readonly ok: false; readonly error: ErrorBody };

const replyOf = (outcome: Outcome<ReportPlace[]>): ReportReply =>
  outcome.ok ? outcome : { ok: false, error: outcome.error.toBody() };

const unpacked = (batch: PackedBatch): AppendBatch => ({ ...batch, records: unpackRecords(batch.records) });

const packed = (outcome: Outcome<Appended>): Outcome<PackedAppended> =>
  outcome.ok ? succeeded({ ...outcome.value, hashes: packHashes(outcome.value.hashes) }) : outcome;

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
      return { epoch: fresh.epoch, countedBefore: fresh.countedBefore, findings };
    },
    readUnacked: (args) => store().readUnacked(args),
    acknowledge: (args) => store().acknowledge(args),
    rewind: (args) => store().rewind(args),
    hashAt: (args) => store().hashAt(args),
    markLostTail: (args) => store().markLostTail(args),
    reissue: (args) => store().reissue(args),
    prune: (args) => store().prune(args),
    report: (args) => {
      const { outcomes, nextDueMs } = guarded().run(true, () => store().report(args));
      return { replies: outcomes.map(replyOf), nextDueMs };
    },
    tell: (args) => guarded().run(true, () => store().tell(args)),
    tail: (args) => store().tail(args),
    checkpoint: (args) => store().checkpoint(args),
    heldRefs: (args) => store().heldRefs(args),
    status: () => store().status(),
    probe: () => guarded().run(false, () => probeStore(file)),
    close: () => opened?.close(),
  },
  grouped: { append: ({ records }) => records.count },
  runGroup: (requests) =>
    guarded().group(
      requests.map(({ args }) => args),
      // A checkpoint alone is what keeps an agent from doing again what it has done.
      ({ isEssential, records }) => isEssential === true || records.count === 0,
      (batches) => store().appendBatches(batches.map(unpacked)).map(packed),
    ),
});
