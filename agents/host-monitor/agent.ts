/** Watches its machine: publishes `host.<machine>.metrics`, reports when a threshold is crossed and when it clears. */
import { defineAgent } from '../sdk/define-agent.js';
import { repeat } from '../sdk/repeat.js';
import { HostConfig } from './host-config.js';
import { HostMonitor } from './host-monitor.js';
import { HostSample } from './host-sampler.js';

function hostMonitorAgent() {
  let monitor: HostMonitor | undefined;
  let running: Promise<void> | undefined;
  return defineAgent({
    name: 'host-monitor',
    description: 'CPU, memory, disk and load of its machine',
    capabilities: ['host-metrics'],
    config: HostConfig,
    actions: {
      sample: { description: 'The latest sample.', output: HostSample, run: () => monitor?.latest },
    },
    async onStart(context) {
      const opened = new HostMonitor(context);
      await opened.open();
      monitor = opened;
      running = repeat(context.config.intervalMs, context.signal, () => opened.tick());
    },
    onStop: () => running,
  });
}

export default hostMonitorAgent();
