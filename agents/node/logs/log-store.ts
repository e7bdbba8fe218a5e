/**
 * The logs of a machine, within their bounds. It owns the folder of logs, but not the files that processes write into:
 * those it only looks at, about once a second, and cuts. History is compressed one piece at a time, and the oldest goes
 * when there is no room. What cannot be done is told once, tried again, and never harms a process.
 */
import { rmSync } from 'node:fs';
import type { Clock } from '../../../common/core/clock.js';
import { systemCodeOf } from '../../../common/core/errors.js';
import type { ErrorReportInput } from '../../../common/protocol/errors/error-report.js';
import { LogArchivist } from './log-archivist.js';
import type { LogChain } from './log-chain.js';
import { cutByCopy, cutByDrop, cutByRename } from './log-cut.js';
import { LogDisk } from './log-disk.js';
import { LogFloods } from './log-flood.js';
import { newChain, recoverLogs } from './log-recovery.js';
import { piecesToDrop } from './log-room.js';
import { type LogBounds, type Rotation, rotationOf } from './log-rotation.js';
import { LogTrouble } from './log-trouble.js';

export interface LogStoreOptions {
  /** Only logs are in it. */
  readonly folder: string;
  readonly bounds: LogBounds;
  readonly clock: Clock;
  /** Whose logs there are to be; others in the folder are of processes that are no more. */
  readonly processes: () => readonly LoggedProcess[];
  /** `agent@machine`. */
  readonly instanceOf: (agent: string) => string;
  readonly onReport: (report: ErrorReportInput) => void;
}

export interface LoggedProcess {
  readonly name: string;
  /** Something may be writing. */
  readonly running: boolean;
}

interface Watched {
  readonly chain: LogChain;
  /** At the last look: the size of the current file, and where the log ended. */
  sizeBytes: number;
  endOffset: number;
  /** Looks in a row at which its process did not run: what a group leaves behind may write for a moment. */
  idleLooks: number;
  isBusy: boolean;
}

export class LogStore {
  readonly #options: LogStoreOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #floods = new LogFloods();
  readonly #troubles = new LogTrouble();
  readonly #archivist: LogArchivist;
  readonly #disk: LogDisk;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Copies, one after the other, so that no more than one takes room. */
  #copying: Promise<void> = Promise.resolve();
  #retryAtMs = 0;
  #droppedPieceCount = 0;

  constructor(options: LogStoreOptions) {
    this.#options = options;
    this.#disk = new LogDisk(options.folder);
    this.#archivist = new LogArchivist(
      () => this.#chains(),
      (failure, { sizeBytes }) => {
        if (failure === undefined) this.#troubles.onSuccess(COMPRESSING);
        else if (!isFull(failure) || !this.#freeBytes(sizeBytes)) this.#fail(COMPRESSING, failure);
      },
    );
  }

  /** Why logs are not written, cut or compressed; empty when they are. */
  get trouble(): string {
    return this.#troubles.sentence;
  }

  get counters(): { logBytesDropped: number; logPiecesDropped: number; logPiecesUnreadable: number } {
    let logPiecesUnreadable = 0;
    for (const chain of this.#chains()) logPiecesUnreadable += chain.unreadableCount;
    return {
      logBytesDropped: this.#floods.droppedBytes,
      logPiecesDropped: this.#droppedPieceCount,
      logPiecesUnreadable,
    };
  }

  /** The log of one agent, whether it has written or not. */
  chainOf(agent: string): LogChain {
    return (this.#watched.get(agent) ?? this.#watch(newChain(this.#options.folder, agent))).chain;
  }

  /** Takes over what the last store of this folder left. @throws what the system refuses with */
  open(): void {
    const { folder, clock } = this.#options;
    for (const chain of recoverLogs(folder, clock.wallMs()).values()) this.#watch(chain);
  }

  /** Begins to look. To be called when it is known which processes run: the log of one that does not is renamed. */
  start(): void {
    const lookAgain = (): void => {
      this.#timer = setTimeout(lookAgain, this.look() ? HOT_LOOK_MS : LOOK_MS);
    };
    lookAgain();
  }

  /** Resolves when no file is being worked on. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#copying;
    await this.#archivist.close();
    for (const chain of this.#chains()) chain.times.flush();
  }

  /** One look at every log. @returns whether one of them may fill up before the next look of the usual pace */
  look(): boolean {
    const { clock, onReport } = this.#options;
    let isHot = false;
    const running = new Map(this.#options.processes().map((process) => [process.name, process.running]));
    for (const name of running.keys()) this.chainOf(name);
    for (const watched of this.#watched.values()) {
      try {
        if (this.#lookAt(watched, running.get(watched.chain.agent) ?? false)) isHot = true;
      } catch (error) {
        this.#fail(watched.chain.agent, error);
      }
    }
    this.#keepTotal(0);
    this.#lookAtDisk();
    if (!this.#isPausing) void this.#archivist.run();
    for (const report of this.#floods.onLook(clock.monotonicMs())) onReport(report);
    return isHot;
  }

  /** Resolves when what the looks so far began is done. */
  async settled(): Promise<void> {
    await this.#copying;
    await this.#archivist.run();
  }

  get #isPausing(): boolean {
    return this.#options.clock.monotonicMs() < this.#retryAtMs;
  }

  *#chains(): Iterable<LogChain> {
    for (const { chain } of this.#watched.values()) yield chain;
  }

  #watch(chain: LogChain): Watched {
    const watched = { chain, sizeBytes: chain.currentBytes, endOffset: chain.end, idleLooks: 0, isBusy: false };
    this.#watched.set(chain.agent, watched);
    return watched;
  }

  #lookAt(watched: Watched, isRunning: boolean): boolean {
    const { bounds, clock } = this.#options;
    const { chain } = watched;
    const sizeBytes = chain.currentBytes;
    const wallMs = clock.wallMs();
    const grownBytes = chain.base + sizeBytes - watched.endOffset;
    // Somebody else emptied it: what is in it now are other bytes.
    if (grownBytes < 0) chain.beginAt(watched.endOffset);
    watched.sizeBytes = sizeBytes;
    watched.endOffset = chain.base + sizeBytes;
    watched.idleLooks = isRunning ? 0 : watched.idleLooks + 1;
    if (sizeBytes === 0) return false;
    chain.noteSize(sizeBytes, wallMs);
    if (!watched.isBusy && watched.idleLooks !== 1 && !this.#isPausing) {
      const waitingCount = chain.pieces.filter(({ isArchived }) => !isArchived).length;
      const look = { sizeBytes, ageMs: wallMs - chain.times.header.bornMs, isRunning, waitingCount };
      this.#rotate(watched, rotationOf(look, bounds));
    }
    return grownBytes > bounds.rotateBytes / 2;
  }

  #lookAtDisk(): void {
    const { folder, onReport } = this.#options;
    const leftBytes = this.#disk.look();
    if (!this.#disk.isFull) return this.#troubles.onDiskRoom();
    const report = this.#troubles.onDiskFull(folder, leftBytes);
    if (report !== undefined) onReport(report);
  }

  #rotate(watched: Watched, rotation: Rotation): void {
    const { chain } = watched;
    if (rotation === 'none') return this.#troubles.onSuccess(chain.agent);
    if (rotation === 'copy') return this.#beginCopy(watched);
    try {
      if (rotation === 'rename') cutByRename(chain, this.#options.clock.wallMs());
      else this.#drop(chain);
      this.#troubles.onSuccess(chain.agent);
    } catch (error) {
      this.#fail(chain.agent, error);
    }
    watched.sizeBytes = chain.currentBytes;
  }

  #beginCopy(watched: Watched): void {
    const { chain } = watched;
    watched.isBusy = true;
    this.#copying = this.#copying.then(async () => {
      try {
        if (!this.#isClosed) await this.#copy(chain);
        this.#troubles.onSuccess(chain.agent);
      } catch (error) {
        this.#fail(chain.agent, error);
      }
      watched.sizeBytes = chain.currentBytes;
      watched.isBusy = false;
    });
  }

  async #copy(chain: LogChain): Promise<void> {
    const { bounds, clock } = this.#options;
    for (;;) {
      const sizeBytes = chain.currentBytes;
      this.#keepTotal(sizeBytes);
      try {
        await cutByCopy(chain, bounds.dropBytes, () => clock.wallMs());
        break;
      } catch (error) {
        if (!isFull(error) || !this.#freeBytes(sizeBytes)) throw error;
      }
    }
    if (chain.currentBytes > bounds.dropBytes) this.#drop(chain);
  }

  #drop(chain: LogChain): void {
    const { bounds, clock, instanceOf, onReport } = this.#options;
    const droppedBytes = cutByDrop(chain, bounds.tailBytes, clock.wallMs());
    const report = this.#floods.onDrop(instanceOf(chain.agent), droppedBytes, clock.monotonicMs());
    if (report !== undefined) onReport(report);
  }

  /** Within the bound of the machine with `neededBytes` more. */
  #keepTotal(neededBytes: number): void {
    let excessBytes = neededBytes - this.#options.bounds.totalBytes;
    let largest: Watched | undefined;
    for (const watched of this.#watched.values()) {
      excessBytes += watched.sizeBytes + watched.chain.pieceBytes;
      if (watched.sizeBytes > (largest?.sizeBytes ?? 0)) largest = watched;
    }
    if (excessBytes <= 0 || this.#freeBytes(excessBytes)) return;
    // Without any history to give: what is cut now can be given at the next look.
    if (neededBytes === 0 && largest !== undefined && !largest.isBusy && !this.#isPausing) this.#beginCopy(largest);
  }

  /** Deletes history. @returns whether there was any */
  #freeBytes(bytes: number): boolean {
    const holdings = [...this.#chains()].map((chain) => ({ agent: chain.agent, pieces: chain.pieces }));
    const drops = piecesToDrop(holdings, bytes);
    for (const { agent, piece } of drops) {
      const { chain } = this.#watched.get(agent) ?? {};
      rmSync(piece.path, { force: true });
      if (chain !== undefined) chain.pieces = chain.pieces.filter((one) => one !== piece);
    }
    this.#droppedPieceCount += drops.length;
    return drops.length > 0;
  }

  /** @param key an agent, or COMPRESSING */
  #fail(key: string, error: unknown): void {
    const { clock, instanceOf, onReport } = this.#options;
    this.#retryAtMs = clock.monotonicMs() + RETRY_MS;
    const what = key === COMPRESSING ? 'old logs cannot be compressed' : `the log of ${instanceOf(key)} cannot be cut`;
    const report = this.#troubles.onFailure(key, what, error);
    if (report !== undefined) onReport(report);
  }
}

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(systemCodeOf(error) ?? '');

/** No name of an agent. */
const COMPRESSING = '*';
const LOOK_MS = 1_000;
/** For a log that grows so fast that it may fill up between two looks. */
const HOT_LOOK_MS = 100;
/** Pause after a failure. */
const RETRY_MS = 5_000;
