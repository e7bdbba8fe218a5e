/** The log of one process in a folder of a test's own, and its lines as a reader gets them who asks page by page. */
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LogChain } from '../../../agents/node/logs/log-chain.js';
import { pageAfter } from '../../../agents/node/logs/log-lines.js';
import { logBounds } from '../../../agents/node/logs/log-rotation.js';
import { LogStore, type LogStoreOptions } from '../../../agents/node/logs/log-store.js';
import { systemClock } from '../../../common/core/clock.js';
import { randomId } from '../../../common/core/ids.js';
import type { ErrorReportInput } from '../../../common/protocol/errors/error-report.js';
import { useTempFolder } from '../../support/temp-folder.js';

export const KIB = 1_024;
/** As small as makes sense: 8 KiB for one log, 64 KiB for all. */
export const smallBounds = logBounds({ rotateBytes: 8 * KIB, rotateMs: 3_600_000, totalBytes: 64 * KIB });

export class LogWorld {
  readonly reports: ErrorReportInput[] = [];
  readonly running = new Set<string>(['echo']);
  readonly stopped = new Set<string>();
  #store: LogStore | undefined;

  constructor(readonly folder: string) {}

  path(name: string): string {
    return join(this.folder, name);
  }

  write(text: string, agent = 'echo'): void {
    appendFileSync(this.path(`${agent}.log`), text);
  }

  /** `count` lines from the number `from` on, each of `length` bytes with its end. */
  writeLines(from: number, count: number, length = 100, agent = 'echo'): void {
    this.write(numbered(from, count, length).join(''), agent);
  }

  /** The same with lines that hardly compress. */
  writeNoise(from: number, count: number, agent = 'echo'): void {
    const noise = numbered(from, count, 10).map((line) => `${line.trimEnd()} ${randomId(89)}\n`);
    this.write(noise.join(''), agent);
  }

  get store(): LogStore {
    this.#store ??= this.open();
    return this.#store;
  }

  get chain(): LogChain {
    return this.store.chainOf('echo');
  }

  /** A store like the one of a node that is started now. */
  open(options: Partial<LogStoreOptions> = {}): LogStore {
    this.#store = new LogStore({
      folder: this.folder,
      bounds: smallBounds,
      clock: systemClock,
      processes: () => [
        ...[...this.running].map((name) => ({ name, running: true })),
        ...[...this.stopped].map((name) => ({ name, running: false })),
      ],
      instanceOf: (agent) => `${agent}@pc2`,
      onReport: (report) => this.reports.push(report),
      ...options,
    });
    this.#store.open();
    return this.#store;
  }

  /** A look, and all that follows from it. */
  async look(): Promise<void> {
    this.store.look();
    await this.store.settled();
  }

  /** Names of the files beside those that are always there, the changing digits left out. */
  get history(): string[] {
    return readdirSync(this.folder)
      .filter((name) => !/\.log(\.times)?$/.test(name))
      .sort();
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }
}

export const numbered = (from: number, count: number, length = 100): string[] =>
  Array.from({ length: count }, (_, index) => `${`line ${from + index} `.padEnd(length - 1, '.')}\n`);

/** The numbers of all numbered lines that are there, in order. */
export function numbersIn(chain: LogChain, from = 0): number[] {
  return linesIn(chain, from).flatMap((line) => (line.startsWith('line ') ? [Number(line.split(' ')[1])] : []));
}

export function linesIn(chain: LogChain, from = 0): string[] {
  const lines: string[] = [];
  for (let at = from; ; ) {
    const page = pageAfter(chain, at);
    lines.push(...page.lines);
    if (page.nextOffset === at) return lines;
    at = page.nextOffset;
  }
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

export function useLogWorld(): () => LogWorld {
  const folder = useTempFolder();
  let world: LogWorld | undefined;
  beforeEach(() => {
    world = new LogWorld(folder.path);
  });
  afterEach(() => world?.close());
  return () => {
    if (world === undefined) throw new Error('there is no world outside of a test');
    return world;
  };
}
