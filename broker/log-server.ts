/**
 * The log's socket, and the care of its file: opening it, pruning it, and saying how it fares. The store lives in a thread of
 * its own; when that thread dies nothing can be stored any more, and the broker ends so that its node starts it anew.
 *
 * Bounded: the store takes a limited number of requests and bytes at once and refuses the next with QUEUE_FULL, which a
 * sender may repeat.
 */
import type { Clock } from '../common/core/clock.js';
import { type MeshError, toMeshError } from '../common/core/errors.js';
import { limits } from '../common/core/limits.js';
import { Log } from '../common/journal/log/log.js';
import type { AgentLog } from '../common/log/log.js';
import type { ErrorReportInput } from '../common/protocol/errors/error-report.js';
import type { ErrorRule } from '../common/protocol/errors/error-rule.js';
import type { StreamRule } from '../common/protocol/stream-rule.js';
import { type MethodHandlers, MethodTable } from '../common/wire/answering/method-table.js';
import { RequestServer } from '../common/wire/answering/request-server.js';
import { ErrorMethods } from './error-methods.js';
import { GroupMethods } from './group-methods.js';
import { LogMethods } from './log-methods.js';
import { LogPruner } from './log-pruner.js';
import { named } from './process-methods.js';

export interface LogServerOptions {
  readonly endpoint: string;
  /** The merged log; its folder is made when it is missing. */
  readonly file: string;
  /** Whose broker this is. */
  readonly machine: string;
  /** What the fleet says about its errors, as it holds now. */
  readonly errorRules?: () => readonly ErrorRule[];
  /** Records to keep. Default `limits.logRecordsKept`. */
  readonly recordsKept?: number;
  /** What holds for streams now. Default: nothing. */
  readonly streamRules?: () => readonly StreamRule[];
  /** Something that is to be on the error bus. */
  readonly onReport?: (report: ErrorReportInput) => void;
  /** What every control socket answers. */
  readonly processMethods: MethodHandlers;
  readonly clock: Clock;
  readonly log: AgentLog;
  /** The store's thread died. */
  readonly onFatal: (error: unknown) => void;
}

export class LogServer {
  #opened:
    | {
        readonly store: Log;
        readonly methods: LogMethods;
        readonly groups: GroupMethods;
        readonly pruner: LogPruner;
        readonly server: RequestServer;
      }
    | undefined;
  /** What was wrong with the file at start: true until the next one. */
  #finding = '';
  /** What was found wrong with it since: true until it is opened anew. */
  #damage = '';
  /** Why the last append could not be stored; empty when it was. */
  #trouble = '';
  #looking: NodeJS.Timeout | undefined;
  #indexing: NodeJS.Timeout | undefined;
  #isIndexing = false;

  constructor(private readonly options: LogServerOptions) {}

  /** Where it listens, with the real port; empty before it is open. */
  get endpoint(): string {
    return this.#opened?.server.endpoint ?? '';
  }

  /** Why the log works only in part; empty when all is well. */
  get degraded(): string {
    return [this.#finding, this.#damage, this.#trouble].filter((text) => text !== '').join('; ');
  }

  get counters(): Record<string, number> {
    if (this.#opened === undefined) return {};
    const { methods, groups, server } = this.#opened;
    return {
      ...named('log', { ...server.counters, ...methods.counters, ...methods.waiters.counters }),
      ...named('group', { ...groups.counters, ...groups.waiters.counters }),
      'log.readers': methods.waiters.count,
      ...named('log', this.#opened.pruner.counters),
    };
  }

  /** @throws PORT_IN_USE, START_FAILED, and what opening the file can fail with: JOURNAL_FAILED, CONFLICT, CONFIG_INVALID */
  async open(): Promise<void> {
    const { file, machine, clock, log, onFatal } = this.options;
    const onDamage = (error: MeshError) => this.#onDamage(error);
    const { log: store, findings } = await Log.open({ file, machine, clock, onFatal, onDamage });
    for (const { reason, movedTo } of findings) {
      this.#finding = `the log was damaged (${reason}) and begins anew; the old file is ${movedTo}`;
      log.error({ file, movedTo, reason }, this.#finding);
      const next = 'the journals send again what they still hold; what they do not is in that file: keep it';
      const report = {
        code: 'LOG_QUARANTINED',
        severity: 'critical',
        component: 'log',
        message: this.#finding,
      } as const;
      this.options.onReport?.({ ...report, context: { movedTo, reason, next } });
    }
    const { streamRules = () => [], onReport = () => undefined, recordsKept = limits.logRecordsKept } = this.options;
    const pruner = new LogPruner({ store, recordsKept, rules: streamRules, onReport, clock, log });
    const groups = new GroupMethods(store.groups, clock, store.epoch);
    const methods = new LogMethods({
      log: store,
      clock,
      streamRules,
      degraded: () => this.degraded,
      onAppend: (error) => this.#onAppend(error),
      onRecords: () => groups.notify(),
    });
    const errors = new ErrorMethods(store, this.options.errorRules ?? (() => []), () => methods.wakeSoon());
    const server = this.#createServer([methods.handlers, groups.handlers, errors.handlers]);
    this.#opened = { store, pruner, methods, groups, server };
    await server.open();
    pruner.start();
    this.#indexing = setInterval(() => void this.#index(), limits.logIndexIntervalMs).unref();
  }

  /** Brings the log back within its bounds, in steps between which appends go on. One round at a time. */
  async prune(): Promise<void> {
    await this.#opened?.pruner.prune();
  }

  /** Answers what is in hand, then closes socket and file. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#looking);
    clearInterval(this.#indexing);
    if (this.#opened === undefined) return;
    const { store, methods, groups, server } = this.#opened;
    this.#opened.pruner.close();
    methods.close();
    groups.close();
    await server.close();
    await store.close();
  }

  async #index(): Promise<void> {
    if (this.#isIndexing) return;
    this.#isIndexing = true;
    // What cannot be indexed now is found all the same, only slower; why is told where records cannot be stored.
    await this.#opened?.store.index().catch(() => undefined);
    this.#isIndexing = false;
  }

  #createServer(handlers: readonly MethodHandlers[]): RequestServer {
    const { endpoint, processMethods, log } = this.options;
    const table = [processMethods, ...handlers].reduce((all, some) => all.serve(some), new MethodTable());
    return new RequestServer({
      endpoint,
      purpose: 'the log',
      frameBytesMax: limits.logFrameBytesMax,
      handle: table.handle,
      onBug: (error, method) => log.error({ err: error, method }, 'a log method failed'),
    });
  }

  /** Records and groups that lie elsewhere in the file are still there: who ends the broker for that is a person. */
  #onDamage(error: MeshError): void {
    if (this.#damage !== '') return;
    this.#damage = error.message;
    this.options.log.error({ err: error }, 'a part of the log can neither be read nor written');
    this.options.onReport?.({
      code: 'LOG_FILE_DAMAGED',
      severity: 'critical',
      component: 'log',
      message: `a part of main's log can neither be read nor written: ${error.message}`,
      context: {
        next: 'check the disk; with main down restore a backup with "mesh journal restore latest --log", or move the file away: a fresh log gets what the journals still hold',
      },
    });
  }

  /** Said once when it begins and once when it ends, however many appends fail in between. */
  #onAppend(thrown: unknown): void {
    const error = thrown === undefined ? undefined : toMeshError(thrown);
    if (error !== undefined && error.code !== 'JOURNAL_FAILED') return;
    const trouble = error?.message ?? '';
    if (trouble !== '' && this.#trouble === '') {
      this.options.log.error({ err: error }, 'the log cannot be written');
      this.#looking = setInterval(() => void this.#look(), limits.storeLookMs).unref();
    }
    if (trouble === '' && this.#trouble !== '') {
      this.options.log.info('the log can be written again');
      clearInterval(this.#looking);
    }
    this.#trouble = trouble;
  }

  /** Also where no machine has anything to send it is to be known that the log works again. */
  async #look(): Promise<void> {
    await this.#opened?.store.probe().then(
      () => this.#onAppend(undefined),
      (error: unknown) => this.#onAppend(error),
    );
  }
}
