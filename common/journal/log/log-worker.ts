/** The thread that owns main's merged log; see the journal's worker for why it is a thread. */
import { parentPort } from 'node:worker_threads';
import { MeshError } from '../../core/errors.js';
import { ERRORS_STREAM } from '../../protocol/error-report.js';
import { groupOf } from '../../protocol/fingerprint.js';
import { type GroupOperations, groupRows } from '../consumers/group-operations.js';
import type { Quarantined } from '../sqlite/database.js';
import { serveStore } from '../sqlite/worker-server.js';
import { type LogAppend, LogStore } from './log-store.js';

type OneByOne = Pick<
  LogStore,
  'hello' | 'idAt' | 'read' | 'headId' | 'errorGroups' | 'errorGroup' | 'status' | 'prune' | 'retain' | 'streams'
>;

export type LogOperations = {
  readonly [Name in keyof OneByOne]: OneByOne[Name];
} & GroupOperations & {
    open(args: { file: string; wallMs: number }): { findings: Quarantined[] };
    append(batch: LogAppend): { headSeq: number };
    close(args: undefined): void;
  };

if (parentPort === null) throw new MeshError('INTERNAL', 'this module is the entry of a worker thread');

let opened: LogStore | undefined;

function store(): LogStore {
  if (opened === undefined) throw new MeshError('CLOSED', 'the log is not open');
  return opened;
}

serveStore<LogOperations, 'append' | keyof GroupOperations>(parentPort, {
  operations: {
    open: (args) => {
      const { store: fresh, findings } = LogStore.open({ ...args, errorStream: ERRORS_STREAM, groupOf });
      opened = fresh;
      return { findings };
    },
    hello: (args) => store().hello(args),
    read: (args) => store().read(args),
    headId: () => store().headId(),
    idAt: (args) => store().idAt(args),
    errorGroups: (args) => store().errorGroups(args),
    errorGroup: (args) => store().errorGroup(args),
    status: () => store().status(),
    prune: (args) => store().prune(args),
    retain: (args) => store().retain(args),
    streams: (args) => store().streams(args),
    close: () => opened?.close(),
  },
  grouped: { append: ({ entries }) => entries.length, ...groupRows },
  runGroup: (requests) => store().runGroup(requests),
});
