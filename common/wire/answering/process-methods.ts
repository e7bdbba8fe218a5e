/**
 * What every control socket answers, be it a node's, a broker's or an agent's: who this process is, how it fares, and that it
 * is to end. These are the first words of any client, so they are the same everywhere.
 */
import type { Clock } from '../../core/clock.js';
import type { Output } from '../../protocol/catalogue.js';
import { PROTOCOL_VERSION } from '../../protocol/frames/envelope.js';
import type { MethodHandlers } from './method-table.js';

export interface ProcessMethodsOptions {
  readonly name: string;
  readonly machine: string;
  readonly epoch: number;
  readonly clock: Clock;
  readonly info: () => Pick<Output<'mesh.info'>, 'version' | 'startedMs' | 'capabilities' | 'actions'>;
  readonly health: () => Omit<Output<'mesh.health'>, 'uptimeMs' | 'rssBytes'>;
  /** Asked to end; called when the answer is on its way. */
  readonly onStop: () => void;
}

export function processMethods(
  options: ProcessMethodsOptions,
): Pick<MethodHandlers, 'mesh.ping' | 'mesh.info' | 'mesh.health' | 'mesh.stop'> {
  const { name, machine, epoch, clock } = options;
  return {
    'mesh.ping': () => ({ name, machine, epoch, tsMs: clock.wallMs() }),
    'mesh.info': () => {
      const { version, ...rest } = options.info();
      return { name, machine, epoch, pid: process.pid, version, protocol: PROTOCOL_VERSION, ...rest };
    },
    'mesh.health': () => {
      const { state, loopLagMs, ...rest } = options.health();
      const uptimeMs = Math.floor(process.uptime() * 1_000);
      return { state, uptimeMs, loopLagMs, rssBytes: process.memoryUsage.rss(), ...rest };
    },
    'mesh.stop': () => {
      setImmediate(options.onStop);
      return { stopping: true };
    },
  };
}
