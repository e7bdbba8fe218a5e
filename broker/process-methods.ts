/**
 * The methods that every control socket answers (`mesh.ping`, `mesh.info`, `mesh.health`, `mesh.stop`), for each socket of
 * the broker: they all speak for the one process.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from '../common/core/clock.js';
import { limits } from '../common/core/limits.js';
import { PROTOCOL_VERSION } from '../common/protocol/frames/envelope.js';
import type { MethodHandlers } from '../common/wire/answering/method-table.js';

/** The name under which a broker answers, and under which its node supervises it. */
export const BROKER_NAME = 'broker';

export interface BrokerProcess {
  readonly machine: string;
  readonly epoch: number;
  readonly capabilities: readonly string[];
  readonly clock: Clock;
  state(): string;
  loopLagMs(): number;
  counters(): Record<string, number>;
  /** Asked to end; called after the answer is on its way. */
  onStopRequest(): void;
}

export function processMethods(process: BrokerProcess): MethodHandlers {
  const { machine, epoch, capabilities, clock } = process;
  const startedMs = clock.wallMs();
  const version = readVersion();
  return {
    'mesh.ping': () => ({ name: BROKER_NAME, machine, epoch, tsMs: clock.wallMs() }),
    'mesh.info': () => ({
      name: BROKER_NAME,
      machine,
      epoch,
      pid: globalThis.process.pid,
      version,
      protocol: PROTOCOL_VERSION,
      startedMs,
      capabilities: [...capabilities],
      actions: [],
    }),
    'mesh.health': () => ({
      state: process.state(),
      uptimeMs: Math.floor(globalThis.process.uptime() * 1_000),
      loopLagMs: process.loopLagMs(),
      rssBytes: globalThis.process.memoryUsage.rss(),
      counters: process.counters(),
    }),
    'mesh.stop': () => {
      setImmediate(() => process.onStopRequest());
      return { stopping: true };
    },
  };
}

/** Of the package that this program is part of. */
function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version }: { version?: unknown } = JSON.parse(text);
  return typeof version === 'string' ? version.slice(0, limits.nameLengthMax) : '';
}

/** The counters of one part under its name: `registry.syncs`. */
export function named(part: string, counters: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).map(([name, value]) => [`${part}.${name}`, value]));
}
