/** The thread that looks for records in main's log, beside the thread that writes it: looking delays no append. */
import { parentPort } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { storeError } from '../sqlite/sqlite-error.js';
import { serveStore } from '../sqlite/worker-server.js';
import { type FindOptions, type FoundPage, LogFinder } from './log-finder.js';

export type FinderOperations = {
  open(args: { file: string }): void;
  find(options: FindOptions): FoundPage;
  close(args: undefined): void;
};

if (parentPort === null) throw new MeshError('INTERNAL', 'this module is the entry of a worker thread');

let opened: { readonly db: Database.Database; readonly finder: LogFinder } | undefined;

serveStore<FinderOperations, never>(parentPort, {
  operations: {
    open: ({ file }) => {
      const db = new Database(file, { readonly: true, timeout: limits.journalBusyMs });
      opened = { db, finder: new LogFinder(db) };
    },
    find: (options) => {
      if (opened === undefined) throw new MeshError('CLOSED', 'the log is not open');
      try {
        return opened.finder.find(options);
      } catch (thrown) {
        throw storeError(thrown, opened.db.name);
      }
    },
    close: () => void opened?.db.close(),
  },
  grouped: {},
  runGroup: () => [],
});
