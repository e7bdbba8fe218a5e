/** A process as `mesh top` shows it, for tests: what is not said does not matter. */
import type { TopProcess } from '../../../cli/top/top-picture.js';

export const topProcess = (instance: string, rest: Partial<TopProcess> = {}): TopProcess => {
  const [agent = '', machine = ''] = instance.split('@');
  return {
    machine,
    agent,
    instance,
    kind: agent === 'broker' ? 'broker' : 'agent',
    state: 'ready',
    pid: 7,
    restarts: 0,
    startedAt: null,
    uptimeMs: 5_000,
    cpuPercent: null,
    rssBytes: 0,
    openFiles: null,
    loopLagMs: 0,
    wave: 0,
    required: false,
    outdated: false,
    why: '',
    lastExit: null,
    reachable: true,
    ...rest,
  };
};
