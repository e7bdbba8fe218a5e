/** Calls with 256 in flight, agent to agent, both schemas checked. */

import type { RatioRow } from '../measure/row.js';
import { moleculer, natsClient, natsServer } from '../peers/need.js';
import { openDealerCalls, openMeshCalls, openMoleculerCalls, openNatsCalls } from '../sides/call-sides.js';

export const calls: RatioRow = {
  kind: 'ratio',
  name: 'calls',
  title: 'calls, 256 in flight',
  unit: 'calls/s',
  better: 'more',
  openOurs: () => openMeshCalls('flood'),
  peers: [
    {
      name: 'Moleculer over TCP, input validated',
      goal: 4,
      needs: [moleculer],
      open: () => openMoleculerCalls('flood'),
    },
    { name: 'NATS request', goal: 8, needs: [natsServer, natsClient], open: () => openNatsCalls('flood') },
    { name: 'zeromq.js DEALER → ROUTER, one message per send', goal: 4, open: () => openDealerCalls('flood') },
  ],
};
