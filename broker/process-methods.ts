/**
 * What each socket of the broker answers of its process: they all speak for the one.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from '../common/core/clock.js';
import { limits } from '../common/core/limits.js';
import type { MethodHandlers } from '../common/wire/answering/method-table.js';
import { processMethods } from '../common/wire/answering/process-methods.js';

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

export function brokerMethods(process: BrokerProcess): MethodHandlers {
  const { machine, epoch, capabilities, clock } = process;
  const startedMs = clock.wallMs();
  const version = readVersion();
  return processMethods({
    name: BROKER_NAME,
    machine,
    epoch,
    clock,
    info: () => ({ version, startedMs, capabilities: [...capabilities], actions: [] }),
    health: () => ({ state: process.state(), loopLagMs: process.loopLagMs(), counters: process.counters() }),
    onStop: () => process.onStopRequest(),
  });
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
