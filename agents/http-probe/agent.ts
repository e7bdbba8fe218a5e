/** Asks URLs and TCP ports at an interval: publishes how long they took, reports when one fails and when it is back. */

import { MeshError } from '../../common/core/errors.js';
import { Type } from '../../common/protocol/type.js';
import { defineAgent } from '../sdk/define-agent.js';
import { repeat } from '../sdk/repeat.js';
import { ProbeConfig, TargetName } from './probe-config.js';
import { Prober } from './prober.js';

function httpProbeAgent() {
  let prober: Prober | undefined;
  let running: Promise<void> | undefined;
  return defineAgent({
    name: 'http-probe',
    description: 'Latency and failures of URLs and TCP ports',
    capabilities: ['probe'],
    config: ProbeConfig,
    actions: {
      check: {
        description: 'Asks one target now.',
        input: Type.Object({ name: TargetName }, { additionalProperties: false }),
        run: ({ name }) => {
          if (prober === undefined) throw new MeshError('UNREACHABLE', 'http-probe has not started yet');
          return prober.check(name);
        },
      },
    },
    onStart(context) {
      const opened = new Prober(context);
      prober = opened;
      running = repeat(context.config.intervalMs, context.signal, () => opened.checkAll());
    },
    onStop: () => running,
  });
}

export default httpProbeAgent();
