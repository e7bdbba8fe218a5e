/** The thread that owns main's merged log; see the journal's worker for why it is a thread. */
import { parentPort } from 'node:worker_threads';
import { MeshError } from '../../core/errors.js';
import { ERRORS_STREAM } from '../../protocol/errors/error-report.js';
import { groupOf } from '../../protocol/errors/fingerprint.js';
import type { LogOpening } from '../../protocol/log-opening.js';
import { type GroupOperations, groupRows } from '../consumers/group-operations.js';
import { ZoneIndex } from '../finder/zone-index.js';
import type { Quarantined } from '../sqlite/database.js';
import { DiskGuard } from '../sqlite/disk-guard.js';
import { type Outcome, succeeded } from '../sqlite/outcome.js';
import { storeError } from '../sqlite/sqlite-error.js';
import { probeStore } from '../sqlite/store-probe.js';
import { type RequestOf, serveStore } from '../sqlite/worker-server.js';
import { LogStore } from './log-store.js';
import type { LogAppend, LogAppended, LogCommitted, LogWrite } from './log-types.js';
import { type PackedAppend, rowsOf, unpackAppend } from './packed-append.js';

type OneByOne = Pick<
  LogStore,
  | 'hello'
  | 'idAt'
  | 'read'
  | 'headId'
  | 'errorGroups'
  | 'errorGroup'
  | 'changeError'
  | 'status'
  | 'prune'
  | 'retain'
  | 'streams'
  | 'heldRefs'
>;

export type LogOperations = {
  readonly [Name in keyof OneByOne]: OneByOne[Name];
} & GroupOperations & {
    open(args: { file: string; wallMs: number; machine?: string }): { findings: Quarantined[]; epoch: string };
    /** Which ids were given out in which opening of the file, oldest first. */
    openings(args: undefined): LogOpening[];
    append(batch: PackedAppend | LogAppend): LogCommitted;
    /** Makes records found quicker that were appended, a block at a time: appends go on in between. */
    index(args: undefined): { isDone: boolean };
    /** A commit that changes nothing: fails as any other would. */
    probe(args: undefined): void;
    close(args: undefined): void;
  };

type PackedWrite = RequestOf<LogOperations, 'append' | keyof GroupOperations>;

const unpacked = (request: PackedWrite): LogWrite =>
  request.name === 'append' ? { name: 'append', args: unpackAppend(request.args) } : request;

/** What the log wrote by itself comes at the end of a transaction: only then it is known where the log ends. */
function withHead<T>(outcomes: readonly Outcome<T | LogAppended>[]): Outcome<T | LogCommitted>[] {
  const headId = store().headId();
  return outcomes.map((outcome) => {
    if (!outcome.ok) return outcome;
    const { value } = outcome;
    return succeeded(isAppended(value) ? { ...value, headId } : value);
  });
}

const isAppended = (value: unknown): value is LogAppended =>
  typeof value === 'object' && value !== null && 'storedCount' in value;

if (parentPort === null) throw new MeshError('INTERNAL', 'this module is the entry of a worker thread');

let opened: LogStore | undefined;
let guard: DiskGuard | undefined;
let zones: ZoneIndex | undefined;
let file = '';

function store(): LogStore {
  if (opened === undefined) throw new MeshError('CLOSED', 'the log is not open');
  return opened;
}

function guarded(): DiskGuard {
  if (guard === undefined) throw new MeshError('CLOSED', 'the log is not open');
  return guard;
}

function advanceIndex(): boolean {
  try {
    zones ??= ZoneIndex.open(file);
    return zones.advance();
  } catch (thrown) {
    throw storeError(thrown, file);
  }
}

serveStore<LogOperations, 'append' | keyof GroupOperations>(parentPort, {
  operations: {
    open: (args) => {
      guard = new DiskGuard(args.file);
      file = args.file;
      const { store: fresh, findings } = guard.open(() =>
        LogStore.open({ ...args, errorStream: ERRORS_STREAM, groupOf }),
      );
      opened = fresh;
      return { findings, epoch: fresh.openings.epoch };
    },
    hello: (args) => store().hello(args),
    read: (args) => store().read(args),
    headId: () => store().headId(),
    openings: () => store().openings.list(),
    idAt: (args) => store().idAt(args),
    errorGroups: (args) => store().errorGroups(args),
    errorGroup: (args) => store().errorGroup(args),
    changeError: (args) => guarded().run(false, () => store().changeError(args)),
    status: () => store().status(),
    prune: (args) => store().prune(args),
    retain: (args) => store().retain(args),
    streams: (args) => store().streams(args),
    heldRefs: (args) => store().heldRefs(args),
    index: () => ({ isDone: !guarded().run(false, advanceIndex) }),
    probe: () => guarded().run(false, () => probeStore(file)),
    close: () => {
      zones?.close();
      opened?.close();
    },
  },
  grouped: { append: rowsOf, ...groupRows },
  runGroup: (requests) =>
    // What consumers have settled is worth more than new records, which their journals keep.
    guarded().group(
      requests,
      ({ name }) => name !== 'append',
      (chosen) => withHead(store().runGroup(chosen.map(unpacked))),
    ),
});
