/**
 * The output of one agent on one machine, page by page: first what is there, then what comes. It remembers the place
 * behind the last line it gave, so nothing is missed or given twice, and waits out a node that is away: its agents'
 * output goes on into the same file.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { delay } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Output as Answer, Input } from '../../common/protocol/catalogue.js';
import type { FleetAccess } from '../fleet/fleet-access.js';
import { isoText } from '../terminal/quantity.js';
import { type LogEntry, originOf } from './log-entry.js';

/** Where to begin. */
export type LogStart = Pick<Input<'node.logs'>, 'last' | 'sinceMs'>;

export interface LogSourceOptions {
  readonly access: FleetAccess;
  readonly machine: MachineConfig;
  readonly agent: string;
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
}

export class LogSource {
  #place: { readonly offset: number; readonly file: string } | undefined;

  constructor(private readonly options: LogSourceOptions) {}

  get origin(): string {
    const { agent, machine } = this.options;
    return originOf({ agent, machine: machine.name });
  }

  /** What is there, from `start` to where the log ended when it was asked. @throws UNREACHABLE, NOT_FOUND */
  async *there(start: LogStart): AsyncGenerator<LogEntry> {
    for (let endOffset: number | undefined; ; ) {
      const place = this.#place;
      const page = await this.#ask(place ?? start, 0);
      yield* this.#entriesOf(page);
      endOffset ??= page.endOffset;
      if (page.nextOffset >= endOffset || page.nextOffset === place?.offset) return;
    }
  }

  /** What comes, until the signal. @param start for a source that was never reached */
  async follow(start: LogStart, onEntry: (entry: LogEntry) => Promise<void>): Promise<void> {
    const { signal, warn } = this.options;
    for (let isAway = false; !signal.aborted; ) {
      try {
        const page = await this.#ask(this.#place ?? start, limits.longPollMsMax / 3);
        for (const entry of this.#entriesOf(page)) await onEntry(entry);
        isAway = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof MeshError) || !WAITED_OUT.includes(error.code)) throw error;
        if (!isAway) warn(`${error.message}; going on with ${this.origin} when it is back`);
        isAway = true;
        await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
      }
    }
  }

  async #ask(where: LogStart | { offset: number; file: string }, waitMs: number): Promise<Answer<'node.logs'>> {
    const { access, machine, agent, signal, warn } = this.options;
    const node = await access.node(machine);
    const page = await node.request(
      'node.logs',
      { agent, ...where, waitMs },
      { signal, timeoutMs: waitMs + limits.requestTimeoutMs },
    );
    const goneBytes = 'offset' in where && page.file === where.file ? page.startOffset - where.offset : 0;
    if (goneBytes > 0) warn(`${goneBytes} bytes of ${this.origin} are gone: logs are kept within a bound`);
    this.#place = { file: page.file, offset: page.nextOffset };
    return page;
  }

  #entriesOf({ lines, times }: Answer<'node.logs'>): LogEntry[] {
    const { agent, machine } = this.options;
    return lines.map((line, index) => ({
      machine: machine.name,
      agent,
      ts: isoOf(times[index] ?? null),
      line,
    }));
  }
}

const isoOf = (wallMs: number | null): string | null => (wallMs === null ? null : isoText(wallMs));

const WAITED_OUT: readonly string[] = ['UNREACHABLE', 'CONNECTION_LOST', 'TIMED_OUT', 'CLOSED'];
